/** What running migrations does, beside what Drizzle's own `migrate()` does in another empty database. */
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { wordsOf } from "../../src/errors.ts";
import { isIntegrationEnabled } from "../../src/guard/flag.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { nextReplay, type Replay, runMigrations } from "../../src/migrations/run-migrations.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { postgresError } from "../../src/sql/sqlstate.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { testTarget } from "../support/target.ts";

const NAME = `with_test_db_run_${process.pid}_${Date.now().toString(36)}`;
const BREAK = "--> statement-breakpoint\n";
/** An index that no transaction allows. */
const CONCURRENTLY = `create table t (id integer);${BREAK}create index concurrently i on t (id);`;
const ALL: readonly Replay[] = ["in one transaction", "migration by migration", "statement by statement"];

describe.skipIf(!isIntegrationEnabled())("migrations", () => {
  let server: Session;
  let session: Session;
  const bystander = `${NAME}_bystander`;
  const dropAll = async (): Promise<void> => {
    for (const name of [NAME, bystander]) await server.script(`drop database if exists ${ident(name)} with (force)`);
  };
  const openFresh = async (): Promise<void> => {
    await server.script(`drop database if exists ${ident(NAME)} with (force)`);
    await server.script(`create database ${ident(NAME)} template template0`);
    session = await openSession(onDatabase(server.target, NAME), { search_path: '"$user", public' });
  };
  beforeAll(async () => {
    server = await openSession(await testTarget());
  });
  afterAll(async () => {
    await dropAll();
    await server.close();
  });
  beforeEach(openFresh);
  afterEach(() => session.close());

  const read = (...texts: string[]) =>
    readMigrations(journalFolder(Object.fromEntries(texts.map((text, index) => [`000${index}_m`, text]))));
  /** Runs them in one way after the other, as long as there is another way. */
  async function run(migrations: ReturnType<typeof read>, deadline = 60_000): Promise<Replay> {
    for (let replay: Replay = "in one transaction"; ; ) {
      try {
        await runMigrations(session, migrations, replay, deadline);
        return replay;
      } catch (error) {
        const next = nextReplay(error, replay, migrations);
        if (!next) throw error;
        await session.close();
        await openFresh();
        replay = next;
      }
    }
  }
  const databases = async (): Promise<string[]> =>
    (
      await server.rows<{ name: string }>(
        "select datname as name from pg_database where starts_with(datname, $1) order by 1",
        [NAME],
      )
    ).map(({ name }) => name);

  it.each<[what: string, statement: string]>([
    ["a database that is made", `create database ${bystander}_2`],
    ["a database that is dropped", `/* once */ drop database if exists ${bystander}`],
    ["a database that is moved", `alter database ${bystander} set tablespace pg_default`],
    ["a setting of the server", "alter system set work_mem = '5MB'"],
    ["a tablespace that is made", "create tablespace with_test_db_none location '/nowhere'"],
    ["a tablespace that is dropped", "drop tablespace with_test_db_none"],
    [
      "a subscription that is made",
      "create subscription with_test_db_none connection 'host=127.0.0.1 port=1' publication p",
    ],
  ])("fail with %s, in Postgres' words for migrate(), and do nothing", async (_, statement) => {
    await server.script(`drop database if exists ${bystander} with (force)`);
    await server.script(`create database ${bystander}`);
    const before = await databases();
    for (const migrations of [
      read(`create table first ();${BREAK}${statement};`),
      read("create table first ();", `${statement};`),
      read(CONCURRENTLY, statement),
      read(`${statement}; ${BREAK}${CONCURRENTLY}`),
    ]) {
      await openFreshAfter(session);
      const refused = await migrate(drizzle({ client: session.client }), { migrationsFolder: migrations.folder }).catch(
        postgresError,
      );
      expect(refused).toMatchObject({ code: "25001" });
      await openFreshAfter(session);
      await expect(run(migrations)).rejects.toMatchObject({
        code: "MIGRATION_FAILED",
        message: expect.stringContaining(wordsOf(refused)),
      });
      expect(await session.rows("select from pg_class where relname in ('first', 't')")).toEqual([]);
    }
    expect(await databases()).toEqual(before);
    expect(
      await server.rows("select from pg_file_settings where sourcefile like '%auto.conf' and name = 'work_mem'"),
    ).toEqual([]);
  });
  const openFreshAfter = async (last: Session): Promise<void> => {
    await last.close();
    await openFresh();
  };

  it("fail with a replication slot that is made after rows", async () => {
    const slot = "select pg_create_logical_replication_slot('with_test_db_none', 'pgoutput');";
    const failed = run(read(`create table first ();${BREAK}${slot}`));
    await expect(failed).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
    expect(await server.rows("select from pg_replication_slots")).toEqual([]);
  });

  it("that no transaction allows are run statement by statement, at once", async () => {
    expect(await run(read("create table first ();", CONCURRENTLY))).toBe("statement by statement");
    await openFreshAfter(session);
    expect(await run(read("vacuum;"))).toBe("statement by statement");
  });

  it("say why they are not run in another way", async () => {
    await expect(run(read(CONCURRENTLY, "\nalter database other\n set work_mem = '5MB'"))).rejects.toThrow(
      /in: create index concurrently i on t \(id\);\n +it has to run in a transaction, since .* out of the database: alter database other\n +set work_mem = '5MB'\n/,
    );
  });

  it("are run in one way only where the failure has another reason, or is not theirs", async () => {
    const enumerated = `create type mood as enum ('a'); create table m (mood mood);`;
    const used = read(enumerated, "alter type mood add value 'b';", "insert into m values ('b');");
    const failed = await runMigrations(session, used, "in one transaction", 60_000).catch((error: unknown) => error);
    if (session.serverVersion < 170_000) expect(nextReplay(failed, "in one transaction", used)).toBe(ALL[1]);
    const refused = Object.assign(new Error("no"), { code: "25001" });
    expect(nextReplay(refused, "in one transaction", used)).toBeUndefined();
    await openFreshAfter(session);
    await expect(run(read("select 1 / 0"))).rejects.toMatchObject({ cause: { cause: { code: "22012" } } });
  });

  it.each(ALL)("have the same journal run %s, with nothing in it that was not run", async (replay) => {
    const migrations = read(
      "create table first ();",
      "\n",
      `select count(*) from drizzle.__drizzle_migrations;${BREAK}`,
    );
    const journal = (): Promise<unknown> =>
      session.rows("select id, hash, created_at from drizzle.__drizzle_migrations order by id");
    await migrate(drizzle({ client: session.client }), { migrationsFolder: migrations.folder });
    const wanted = await journal();
    await openFreshAfter(session);
    await runMigrations(session, migrations, replay, 60_000);
    expect(await journal()).toEqual(wanted);
  });

  it.each(ALL)("fail by name, run %s, where a statement does not end within the deadline", async (replay) => {
    const slow = "do $$ begin\n  perform pg_sleep(1000);\nend $$;";
    const migrations = read(
      "create table first ();",
      `select pg_sleep(0.7);${BREAK}select pg_sleep(0.7);${BREAK}${slow}`,
    );
    const began = performance.now();
    await expect(runMigrations(session, migrations, replay, 1_000)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(
        /^The migration .*\/0001_m\.sql failed\.\n {2}why: {2}it did not end within 1 s\n *in: do \$\$ begin\n *perform pg_sleep\(1000\);\n *end \$\$;\n {2}next: wait longer, if it takes that long: withTestDb\(\{ deadline: 300_000, … \}\)\n/,
      ),
    });
    expect(performance.now() - began).toBeLessThan(10_000);
    await server.script(`drop database ${ident(NAME)} with (force)`);
  });

  it("see no timeout of ours", async () => {
    const shows = (name: string) =>
      `do $$ begin if current_setting('${name}') <> '0' then raise 'set'; end if; end $$;`;
    for (const replay of ALL) {
      await runMigrations(session, read(shows("statement_timeout"), shows("lock_timeout")), replay, 2_000);
      await openFreshAfter(session);
    }
  });

  it("fail with COPY from the client before any runs, and copy to it and from files", async () => {
    const copies = read("create table c (id integer);", "copy c (id) from stdin with (format csv);");
    await expect(run(copies)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(/0001_m\.sql failed\.\n(.|\n)*next: write those rows as INSERT/),
    });
    expect(await session.rows("select from pg_class where relname = 'c'")).toEqual([]);
    const text = "create table c (id integer);";
    await run(read(text, "copy c to stdout;", "copy c from program 'echo 1';", "copy c to stdout;"), 5_000);
    expect(await session.rows("select id from c")).toEqual([{ id: 1 }]);
  });

  it("that lose their connection say so, and where", async () => {
    const failed = run(read("create table first ();", "select pg_terminate_backend(pg_backend_pid());"));
    await expect(failed).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(/0001_m\.sql failed(.|\n)*in: select pg_terminate(.|\n)*next: run it again/),
    });
  });
});
