/** Rehearsals in this process, on a snapshot of this file's own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { inSession, openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { databaseKey } from "../../src/migrations/fingerprint.ts";
import { DRIZZLES_JOURNAL, type JournalTable } from "../../src/migrations/journal-table.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { readChecks } from "../../src/rehearse/checks.ts";
import { createEmpty, openBeside } from "../../src/rehearse/databases.ts";
import type { Rehearsal } from "../../src/rehearse/rehearsal.ts";
import { type RehearsalRequest, type Rehearsed, rehearse } from "../../src/rehearse/rehearse.ts";
import { literal } from "../../src/sql/identifiers.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { JOURNAL, makeSnapshot, rehearsals, type Snapshot } from "../support/snapshot.ts";

const FIRST = { "0000_first": "select 'ran long ago'" };
const TABLES = `
  create table users (id serial primary key, name text not null, age integer);
  create table orders (id serial primary key, user_id integer not null references users, total integer not null);
  create table days (day integer) partition by range (day);
  create table days_before partition of days for values from (0) to (100);
  create table days_after partition of days for values from (100) to (200);
  create materialized view names as select name from users;
  insert into days select generate_series(1, 10);
  insert into users (name, age) select 'user ' || i % 900, i from generate_series(1, 1000) i;
  insert into orders (user_id, total) select 1 + i % 1000, i from generate_series(1, 2000) i;
  refresh materialized view names;`;

/** As if it had been made two minutes ago. */
const makeOlder = (session: Session, name: string): Promise<void> =>
  session.script(`do $$ begin
    execute (select format('comment on database %I is %L', datname,
        regexp_replace(shobj_description(oid, 'pg_database'), '"madeAt":\\d+', '"madeAt":' || floor(extract(epoch from now() - interval '2 minutes'))))
      from pg_database where datname = ${literal(name)});
  end $$`);

describe.skipIf(!isIntegrationEnabled())("rehearse()", () => {
  let snapshot: Snapshot;
  let before: unknown;
  const undoing: (() => Promise<unknown>)[] = [];
  const undo = async (): Promise<void> => {
    for (const next of undoing.splice(0)) await next();
  };
  beforeAll(async () => {
    snapshot = await makeSnapshot(`with_test_db_snapshot_${Date.now()}`, TABLES + JOURNAL);
    before = await snapshot.digest();
  });
  afterEach(async () => {
    await undo();
    expect(await snapshot.digest()).toEqual(before);
    expect(await rehearsals(snapshot.target)).toEqual([]);
  });
  afterAll(() => snapshot.drop());

  const limits = { maxLock: 60_000, maxRows: 500 };
  const start = (
    migrations: Readonly<Record<string, string>>,
    request: Partial<RehearsalRequest> = {},
  ): Promise<Rehearsed | undefined> =>
    rehearse(
      {
        target: snapshot.target,
        migrations: readMigrations(journalFolder({ ...FIRST, ...migrations })),
        ...{ journal: DRIZZLES_JOURNAL, checks: [], limits, keep: false },
        ...request,
      },
      (next) => undoing.push(next),
    );
  const rehearsed = async (...args: Parameters<typeof start>): Promise<Rehearsal> =>
    ((await start(...args)) as Rehearsed).rehearsal;
  const rulesOf = ({ findings }: Rehearsal): string[] => findings.map(({ rule }) => rule);

  it("tells what is written anew, with rows and indexes, and not what only seems to be", async () => {
    const rehearsal = await rehearsed({
      "0001_a": `ALTER TABLE users ALTER COLUMN age TYPE bigint; ALTER TABLE orders ADD COLUMN note text DEFAULT 'none'`,
      "0002_b": "REINDEX TABLE orders",
    });
    expect(rehearsal.rewrites).toMatchObject([
      { table: "users", index: undefined, rows: 1000, at: { tag: "0001_a", line: 1 } },
      { table: "users", index: "users_pkey" },
      { table: "orders", index: "orders_pkey", rows: 2000, at: { tag: "0002_b", line: 1 } },
    ]);
    expect(rehearsal.findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^all of users is written anew: 1.000 rows, .*, with 1 index, in /),
      expect.stringMatching(/^the index orders_pkey of orders is written anew: 2.000 rows, /),
    ]);
  });

  it("holds each lock from its statement to the end, and tells what it blocks", async () => {
    const { locks, findings, ms } = await rehearsed(
      {
        "0001_a": "CREATE INDEX on orders (total);\n--> statement-breakpoint\nALTER TABLE users ADD COLUMN note text;",
        "0002_b":
          "CREATE TABLE teams (id integer primary key, owner integer references users);\nselect pg_sleep(0.1);\nCOMMENT ON TABLE orders IS 'all'",
      },
      { limits: { maxLock: 100, maxRows: 500 } },
    );
    const of = (table: string): unknown[] => locks.filter((lock) => lock.table === table);
    expect(of("orders")).toMatchObject([
      { mode: "ShareLock", blocks: "writes", at: { tag: "0001_a", line: 1 }, begins: 0, ms, isOld: true },
      { mode: "ShareUpdateExclusiveLock", blocks: "schema changes", at: { tag: "0002_b", line: 3 } },
    ]);
    expect(of("users")).toMatchObject([
      { mode: "AccessExclusiveLock", blocks: "reads and writes", at: { tag: "0001_a", line: 3 } },
      { mode: "ShareRowExclusiveLock", blocks: "writes", at: { tag: "0002_b", line: 1 } },
    ]);
    expect(of("teams")).toMatchObject([
      { isOld: false },
      ...of("teams")
        .slice(1)
        .map(() => ({ isOld: false })),
    ]);
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^writes on orders are blocked for \d+ ms, until the transaction ends: SHARE; 2.000 rows$/),
      expect.stringMatching(/^reads and writes on users are blocked for \d+ ms, .*: ACCESS EXCLUSIVE; 1.000 rows$/),
    ]);
  });

  it("counts what is changed by each migration, and what is gone", async () => {
    const rehearsal = await rehearsed({
      "0001_a": "UPDATE users SET age = 1; INSERT INTO users (name) VALUES ('one more')",
      "0002_b":
        "UPDATE users SET age = 2 WHERE id <= 10;\nDELETE FROM orders WHERE id <= 7;\nDELETE FROM orders WHERE id <= 9",
      "0003_c": "CREATE TABLE copies AS SELECT * FROM orders; TRUNCATE orders",
      "0004_d": "DROP TABLE orders",
    });
    expect(rehearsal.migrations.map(({ changes }) => changes)).toEqual([
      [{ table: "users", inserted: 1, updated: 1000, deleted: 0, line: 1 }],
      [
        { table: "orders", inserted: 0, updated: 0, deleted: 9, line: 2 },
        { table: "users", inserted: 0, updated: 10, deleted: 0, line: 1 },
      ],
      [{ table: "copies", inserted: 1991, updated: 0, deleted: 0, line: 1 }],
      [],
    ]);
    expect(rehearsal.tables).toMatchObject([
      { table: "copies", rowsBefore: undefined, rowsAfter: 1991, state: "new" },
      { table: "orders", rowsBefore: 2000, rowsAfter: undefined, state: "dropped" },
      { table: "users", rowsBefore: 1000, rowsAfter: 1001, state: "old" },
    ]);
    expect(rulesOf(rehearsal)).toEqual(["many-rows-changed", "rows-lost"]);
  });

  it("takes neither a TRUNCATE for a rewrite, nor rows that are elsewhere, too, for lost ones", async () => {
    const { rewrites, findings } = await rehearsed({
      "0001_a": "TRUNCATE orders; DROP MATERIALIZED VIEW names; UPDATE days SET day = day + 100 WHERE day > 5",
    });
    expect(rewrites).toEqual([]);
    expect(findings).toMatchObject([{ rule: "rows-lost", message: expect.stringMatching(/^orders loses 2.000 rows/) }]);
    const lost = await rehearsed({
      "0001_a": "UPDATE days SET day = day + 100 WHERE day > 5;\nDELETE FROM days_before",
    });
    expect(lost.findings).toMatchObject([
      { rule: "rows-lost", line: 1, message: expect.stringMatching(/^days_before loses 10 rows/) },
    ]);
  });

  it("names what fails on existing rows, and does not go on", async () => {
    const { migrations, findings, size } = await rehearsed({
      "0001_a": "ALTER TABLE users ADD COLUMN note text",
      "0002_b": "SELECT 1;\n\nCREATE UNIQUE INDEX one_name ON users (name)",
      "0003_c": "SELECT 1",
    });
    expect(migrations.map(({ state }) => state)).toEqual(["ran", "failed", "not reached"]);
    expect(findings).toMatchObject([
      {
        rule: "migration-failed",
        file: expect.stringMatching(/0002_b\.sql$/),
        line: 3,
        message: expect.stringMatching(
          /could not create unique index "one_name" \(SQLSTATE 23505\).*1 migration was not reached/,
        ),
        detail: expect.stringMatching(/Key \(name\)=\(user \d+\) is duplicated/),
      },
    ]);
    expect(size.after).toBeUndefined();
  });

  it.each([
    ["CREATE INDEX CONCURRENTLY on users (age)", /CONCURRENTLY cannot run inside a transaction block/],
    ["COMMIT", /Drizzle runs all pending migrations in one transaction, which COMMIT would end/],
    ["COPY users FROM STDIN", /COPY … FROM STDIN/],
    [
      "alter table orders add constraint later foreign key (user_id) references users deferrable initially deferred; update orders set user_id = 0 where id = 1",
      /violates foreign key constraint "later"/,
    ],
  ])("finds what Drizzle's transaction does not allow: %s", async (sql, words) => {
    const deferred = sql.includes("deferred") ? "alter table orders drop constraint orders_user_id_fkey; " : "";
    const { findings } = await rehearsed({ "0001_a": deferred + sql });
    expect(findings).toMatchObject([{ rule: "migration-failed", message: expect.stringMatching(words) }]);
  });

  it("asks the checks before and after, and finds what the migrations brought about", async () => {
    const file = join(temporaryFolder(), "checks.sql");
    writeFileSync(
      file,
      "-- the first\nselect id, total from orders where total < 3 order by id;\nselect name from users where note is null;\nselect nothing from nowhere;\nselect pg_catalog.set_config('a.b', 'c', false) where false; delete from users returning id",
    );
    const { checks, findings } = await rehearsed(
      {
        "0001_a":
          "ALTER TABLE orders ALTER COLUMN total TYPE bigint; UPDATE orders SET total = 0 WHERE id = 9; SET search_path = pg_catalog; ",
        "0002_b": "ALTER TABLE public.users ADD COLUMN note text",
      },
      { checks: readChecks([file]), limits: { maxLock: 60_000, maxRows: 5000 } },
    );
    expect(checks).toMatchObject([
      { line: 2, rows: 1, before: 2, shown: [{ id: 9 }] },
      { line: 3, rows: 1000, before: undefined },
      { line: 4, rows: 0, failure: expect.stringContaining('relation "nowhere" does not exist') },
      { line: 5, rows: 0, before: 0 },
      { line: 5, failure: expect.stringContaining("syntax error") },
    ]);
    expect(findings.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  it("leaves what belongs to the whole server as it was", async () => {
    const role = `with_test_db_rehearsed_${Date.now()}`;
    const { findings } = await rehearsed({
      "0001_a": `CREATE ROLE ${role}; SET ROLE ${role}; SELECT 1; RESET ROLE`,
      "0002_b": `SET ROLE ${role}`,
    });
    expect(findings).toMatchObject([
      {
        rule: "migration-failed",
        message: expect.stringMatching(/^0002_b fails: permission denied for schema drizzle/),
      },
    ]);
    const left = await inSession(snapshot.target, ({ rows }) =>
      rows("select rolname from pg_roles where rolname = $1::text", [role]),
    );
    expect(left).toEqual([]);
  });

  it("says who is connected to the snapshot, and how to end that", async () => {
    const other = await openSession(snapshot.target, { application_name: "the app" });
    await expect(start({ "0001_a": "SELECT 1" })).rejects.toMatchObject({
      code: "TARGET_REFUSED",
      message: expect.stringMatching(new RegExp(`the app, .*, pid ${other.pid}\\n.*psql .*${other.pid}`, "s")),
    });
    await other.close();
  });

  it("knows what is pending as drizzle-orm 0.45 does", async () => {
    expect(await start({})).toBeUndefined();
    const folder = journalFolder({ ...FIRST, "0001_b": "SELECT 1" });
    const journal = join(folder, "meta", "_journal.json");
    const entries = [
      { tag: "0001_b", when: 1_600_000_000_000 },
      { tag: "0000_first", when: 1_700_000_000_000 },
    ];
    writeFileSync(journal, JSON.stringify({ entries }));
    const { migrations, findings } = await rehearsed({}, { migrations: readMigrations(folder) });
    expect(migrations).toMatchObject([{ tag: "0001_b", state: "skipped" }]);
    expect(findings).toMatchObject([{ rule: "migration-skipped" }]);
    const elsewhere: JournalTable = { schema: "drizzle", table: "elsewhere" };
    await expect(start({}, { journal: elsewhere })).rejects.toMatchObject({
      code: "MIGRATIONS_INVALID",
      message: expect.stringContaining('has tables, and no journal of migrations: "drizzle"."elsewhere"'),
    });
  });

  it("keeps the migrated copy where that is asked for, which a sweep for its database drops", async () => {
    const { kept } = (await start({ "0001_a": "DELETE FROM orders" }, { keep: true })) as Rehearsed;
    await undo();
    const target = kept as NonNullable<typeof kept>;
    const [row] = await inSession(target, ({ rows }) =>
      rows(
        "select (select count(*)::integer from public.orders) as orders, (select count(*)::integer from drizzle.__drizzle_migrations) as ran",
      ),
    );
    expect(row).toEqual({ orders: 0, ran: 2 });
    await inSession(snapshot.target, async (session) => {
      await makeOlder(session, target.database);
      expect((await sweep(session)).databases).not.toContain(target.database);
      const beside = databaseKey({ database: "another" });
      expect((await sweep(session, { homeAge: 0, beside })).databases).not.toContain(target.database);
      const mine = databaseKey(snapshot.target);
      expect((await sweep(session, { homeAge: 0, beside: mine })).databases).toContain(target.database);
    });
  });

  it("is swept once its process is gone, and not before", async () => {
    const name = `it_rehearsal_swept${Date.now()}`;
    const beside = await openBeside(snapshot.target, name);
    await createEmpty(beside, name);
    await inSession(snapshot.target, async (session) => {
      await makeOlder(session, name);
      const databases = async (): Promise<readonly string[]> => (await sweep(session)).databases;
      expect(await databases()).not.toContain(name);
      await beside.close();
      await expect.poll(databases).toContain(name);
    });
  });

  it("runs without a snapshot on the history before, with made-up rows", async () => {
    const migrations = readMigrations(
      journalFolder({
        "0000_a": "CREATE TABLE things (id serial primary key, name text not null)",
        "0001_b":
          "CREATE TABLE parts (id serial primary key, thing integer not null references things, wal pg_lsn not null)",
        "0002_c": "ALTER TABLE things ALTER COLUMN id TYPE bigint",
      }),
    );
    const isNew = new Set(migrations.list.slice(2));
    const rehearsal = await rehearsed({}, { migrations, madeUp: { isNew, rows: 600 } });
    expect(rehearsal).toMatchObject({
      on: "made-up rows",
      migrations: [{ tag: "0002_c", state: "ran" }],
      unfilled: [{ table: "parts", rows: 0, why: "no value is known for its column wal, pg_lsn" }],
      findings: [{ rule: "rewrite", message: expect.stringMatching(/^all of things is written anew: 600 rows/) }],
    });
  });
});
