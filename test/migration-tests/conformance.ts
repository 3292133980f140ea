/** What a database of the past owes its users, whichever driver and line of Drizzle it is of. */
import { execFileSync } from "node:child_process";
import type { PgTable } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import type { MigrationTest, MigrationTestsChoice } from "../../src/migration-tests/choose-tests.ts";
import type { PastDbHandle } from "../../src/migration-tests/past-db.ts";
import type { CommonOptions } from "../../src/options.ts";
import type { AnyDb, Subject } from "../drivers/conformance.ts";
import { journalFolder } from "../support/migrations.ts";

type Past<Client> = PastDbHandle<AnyDb, Client>;
type Options = Omit<CommonOptions<never>, "isolation" | "seed" | "prepare">;

export interface PastSubject<Client>
  extends Pick<Subject<Client>, "query" | "connect" | "core" | "orm" | "migrationsFolder"> {
  migrateTo(tag: string | null, options: Options): Promise<Past<Client>>;
  migrateTo<Result>(
    tag: string | null,
    options: Options,
    use: (past: Past<Client>) => Promise<Result>,
  ): Promise<Result>;
  migrationTests(options: Options & MigrationTestsChoice<AnyDb, Client>): Promise<MigrationTest[]>;
}

const BREAK = "--> statement-breakpoint";
const USERS = `CREATE TABLE "users" ("id" serial PRIMARY KEY, "name" text NOT NULL);`;
const HISTORY = {
  "0000_users": USERS,
  "0001_posts": `CREATE TABLE "posts" ("id" serial PRIMARY KEY, "user_id" integer NOT NULL REFERENCES "users");`,
  "0002_split_names": `ALTER TABLE "users" ADD COLUMN "last" text;${BREAK}
    UPDATE "users" SET "last" = split_part("name", ' ', 2), "name" = split_part("name", ' ', 1);${BREAK}
    ALTER TABLE "users" ALTER COLUMN "last" SET NOT NULL;`,
  "0003_moods": `CREATE TYPE "mood" AS ENUM('sad', 'ok');${BREAK}
    ALTER TABLE "users" ADD COLUMN "moods" "mood"[] NOT NULL DEFAULT '{sad,ok}';`,
};

export function pastConformance<Client>(subject: PastSubject<Client>): void {
  const { sql } = subject.orm;
  const { query } = subject;
  const migrationsFolder = subject.migrationsFolder(HISTORY);
  const to = <Result>(tag: string | null, use: (past: Past<Client>) => Promise<Result>, folder = migrationsFolder) =>
    subject.migrateTo(tag, { migrationsFolder: folder }, use);
  const named = (tag: string): unknown => expect.stringMatching(new RegExp(`(^|_)${tag}$`));
  const tables = async ({ client }: Past<Client>): Promise<unknown[]> =>
    (await query(client, `select tablename as name from pg_tables where schemaname = 'public' order by 1`)).map(
      ({ name }) => name,
    );
  const journal = ({ client }: Past<Client>) =>
    query(client, "select hash, created_at::text as at from drizzle.__drizzle_migrations order by id");
  /** The name of a migration as the line's layout has it. */
  const tagOf = (tag: string): string =>
    isJournal ? tag : `${20_260_101_000_000 + Object.keys(HISTORY).indexOf(tag)}_${tag}`;
  const isJournal = subject.migrationsFolder === journalFolder;

  describe("migrateTo()", () => {
    it("makes what the migrations up to one of them make, and nothing of later ones", () =>
      to(tagOf("0001_posts"), async (past) => {
        expect({ at: past.at, isolation: past.isolation }).toEqual({ at: named("0001_posts"), isolation: "database" });
        expect(await tables(past)).toEqual(["posts", "users"]);
        expect(await query(past.client, "select * from users")).toEqual([]);
        await expect(query(past.client, "select last from users")).rejects.toMatchObject({ code: "42703" });
        expect(await journal(past)).toHaveLength(2);
      }));

    it("makes an empty database for before the first, in which the migrator has been", () =>
      to(null, async (past) => {
        expect(past.at).toBeNull();
        expect(await tables(past)).toEqual([]);
        expect(await journal(past)).toEqual([]);
      }));

    it("takes the beginning of a name", () =>
      to(tagOf("0002_split_names").slice(0, -3), async ({ at }) => expect(at).toEqual(named("0002_split_names"))));

    it("runs the migrations once, for all calls with the same point", async () => {
      const folder = subject.migrationsFolder({
        "0000_made": "CREATE TABLE made AS SELECT clock_timestamp()::text AS at, random() AS value;",
        "0001_later": "CREATE TABLE later (id integer);",
      });
      const first = await subject.migrationTests({ migrationsFolder: folder, of: "all" });
      const made = () =>
        to(first[0]?.tag as string, ({ client }) => query(client, "select at, value::text from made"), folder);
      const one = await made();
      expect(one).toHaveLength(1);
      expect(await made()).toEqual(one);
    });

    it("names the migration that was probably meant", async () => {
      await expect(to(tagOf("0001_posts").replace("posts", "pots"), async () => {})).rejects.toMatchObject({
        code: "MIGRATIONS_NOT_FOUND",
        message: expect.stringContaining(`did you mean "${tagOf("0001_posts")}"?`),
      });
      await expect(to("nothing_like_it", async () => {})).rejects.toMatchObject({
        code: "MIGRATIONS_NOT_FOUND",
        message: expect.stringContaining(`the last ones are ${tagOf("0000_users")}`),
      });
    });

    it("takes no beginning that several names have", async () => {
      const folder = subject.migrationsFolder({ "0000_one": "SELECT 1;", "0000_two": "SELECT 2;" });
      await expect(to(isJournal ? "0" : "2026", async () => {}, folder)).rejects.toMatchObject({
        code: "MIGRATIONS_NOT_FOUND",
        message: expect.stringMatching(/several begin so: \d+_(0000_)?one, \d+_(0000_)?two/),
      });
    });

    it.each(["schema", "relations", "isolation", "seed"])("has no option %s, and says why", async (name) => {
      await expect(subject.migrateTo(null, { migrationsFolder, [name]: {} } as Options)).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining(`migrateTo() has no option ${name}`),
      });
    });

    it("names the project's file where a migration before fails", async () => {
      const folder = subject.migrationsFolder({
        "0000_bad": "CREATE TABLE bad (id nonsense);",
        "0001_more": "SELECT 1;",
      });
      const [tests] = await subject.migrationTests({ migrationsFolder: folder, of: "all" });
      await expect(to(tests?.tag as string, async () => {}, folder)).rejects.toMatchObject({
        code: "MIGRATION_FAILED",
        message: expect.stringContaining(`The migration ${tests?.file} failed`),
      });
      expect(tests?.file).toContain(folder);
    });
  });

  describe("migrateOn()", () => {
    it("runs what follows, with the rows that are there, and leaves the journal as the migrator does", async () => {
      const whole = await to(tagOf("0003_moods"), journal);
      await to(tagOf("0001_posts"), async (past) => {
        await past.db.execute(sql`insert into users (name) values ('Ada Lovelace'), ('Grace Hopper')`);
        await past.db.execute(sql`insert into posts (user_id) select id from users`);
        expect(await past.migrateOn()).toEqual([named("0002_split_names"), named("0003_moods")]);
        expect(past.at).toEqual(named("0003_moods"));
        expect(await query(past.client, "select name, last from users order by id")).toEqual([
          { name: "Ada", last: "Lovelace" },
          { name: "Grace", last: "Hopper" },
        ]);
        expect(await query(past.client, "select count(*)::integer as n from posts")).toEqual([{ n: 2 }]);
        expect(await journal(past)).toEqual(whole);
      });
    });

    it("runs up to a migration, and on from there", () =>
      to(null, async (past) => {
        expect(await past.migrateOn(tagOf("0000_users"))).toEqual([named("0000_users")]);
        expect(await tables(past)).toEqual(["users"]);
        expect(await past.migrateOn(tagOf("0000_users"))).toEqual([]);
        expect(await past.migrateOn(tagOf("0002_split_names"))).toHaveLength(2);
        expect(past.at).toEqual(named("0002_split_names"));
      }));

    it("has the client know columns and types that are new, and not what it knew before", () =>
      to(tagOf("0002_split_names"), async (past) => {
        await query(past.client, "insert into users (name, last) values ('Ada', 'Lovelace')");
        const seen = async () => (await past.db.execute(sql`select * from users where id > ${0}`)) as unknown;
        await seen();
        await past.migrateOn();
        await seen();
        const other = subject.connect(past.url);
        const wanted = await query(other.client, "select * from users").finally(() => other.end());
        expect(await query(past.client, "select * from users")).toEqual(wanted);
        expect(Object.keys(wanted[0] ?? {})).toEqual(["id", "name", "last", "moods"]);
      }));

    it("leaves all as it was where one fails, and names the project's file, the statement and what helps", () =>
      to(
        tagOf("0001_posts"),
        async (past) => {
          await past.insert(usersThen, { name: "Plato" });
          await query(past.client, "alter table users add check (length(name) > 3)");
          const failed = await past.migrateOn().catch((error: unknown) => error);
          expect(failed).toMatchObject({
            code: "MIGRATION_FAILED",
            message: expect.stringMatching(/0002_split_names(\.sql|\/migration\.sql) failed/),
          });
          expect(String((failed as Error).message)).not.toContain("with-test-db-history");
          expect(past.at).toEqual(named("0001_posts"));
          expect(await tables(past)).toEqual(["posts", "users"]);
          await query(past.client, "alter table users drop constraint users_name_check");
          expect(await past.migrateOn()).toHaveLength(2);
        },
        subject.migrationsFolder({
          ...HISTORY,
          "0002_split_names": `${HISTORY["0002_split_names"]}${BREAK}\n UPDATE "users" SET "name" = left("name", 3);`,
        }),
      ));

    const usersThen = subject.core.pgTable("users", {
      id: subject.core.serial().primaryKey(),
      name: subject.core.text().notNull(),
      last: subject.core.text().notNull().default(""),
    });

    it("undoes the first where a later one fails: all are one transaction, as under the migrator", async () => {
      const folder = subject.migrationsFolder({
        "0000_t": "CREATE TABLE t (id integer);",
        "0001_column": "ALTER TABLE t ADD COLUMN name text;",
        "0002_not_null": "ALTER TABLE t ALTER COLUMN name SET NOT NULL;",
      });
      const [first] = await subject.migrationTests({ migrationsFolder: folder, of: "all" });
      await to(
        first?.tag as string,
        async (past) => {
          await query(past.client, "insert into t values (1)");
          await expect(past.migrateOn()).rejects.toMatchObject({
            code: "MIGRATION_FAILED",
            message: expect.stringMatching(/contains null values \(SQLSTATE 23502\)[\s\S]*next: first fill the column/),
          });
          expect(await query(past.client, "select * from t")).toEqual([{ id: 1 }]);
        },
        folder,
      );
    });

    it("runs in more transactions where it is told to, and says so where one is too few", async () => {
      const folder = subject.migrationsFolder({
        "0000_enum": `CREATE TYPE size AS ENUM ('s');${BREAK} CREATE TABLE t (size size);`,
        "0001_add": "ALTER TYPE size ADD VALUE 'm';",
        "0002_use": "INSERT INTO t VALUES ('m');",
        "0003_index": "CREATE INDEX CONCURRENTLY t_size ON t (size);",
      });
      const [first, , third] = await subject.migrationTests({ migrationsFolder: folder, of: "all" });
      await to(
        first?.tag as string,
        async (past) => {
          await expect(past.migrateOn(third?.tag)).rejects.toMatchObject({
            code: "MIGRATION_FAILED",
            message: expect.stringContaining('migrateOn(tag, { replay: "migration by migration" })'),
          });
          expect(past.at).toBe(first?.tag);
          expect(await past.migrateOn(third?.tag, { replay: "migration by migration" })).toHaveLength(2);
          await expect(past.migrateOn()).rejects.toThrow(/leave CONCURRENTLY out.*"statement by statement"/);
          expect(await past.migrateOn(undefined, { replay: "statement by statement" })).toHaveLength(1);
          expect(await query(past.client, "select indexname as name from pg_indexes where tablename = 't'")).toEqual([
            { name: "t_size" },
          ]);
        },
        folder,
      );
    });

    it("does not run within a transaction of begin(), into the past, or after dispose()", async () => {
      const past = await subject.migrateTo(tagOf("0001_posts"), { migrationsFolder });
      const transaction = await past.begin();
      await expect(past.migrateOn()).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining("begin()"),
      });
      await transaction.rollback();
      const first = past.migrateOn(tagOf("0001_posts"));
      await expect(past.migrateOn()).rejects.toThrow(/another call of it is running/);
      expect(await first).toEqual([]);
      await expect(past.rollback(() => past.migrateOn())).rejects.toThrow(
        /a transaction of begin\(\) or rollback\(\) is open/,
      );
      await expect(past.migrateOn(tagOf("0000_users"))).rejects.toThrow(/has run here before/);
      await expect(past.migrateOn(undefined, { replay: "twice" as never })).rejects.toThrow(/replay must be one of/);
      expect(await past.migrateOn(tagOf("0002_split_names"))).toHaveLength(1);
      await past.dispose();
      await expect(past.migrateOn()).rejects.toThrow(/disposed of/);
    });

    it("is undone by reset(), which leads back to where the database began", () =>
      to(tagOf("0000_users"), async (past) => {
        await query(past.client, "insert into users (name) values ('Ada')");
        await past.migrateOn();
        await past.reset();
        expect({ at: past.at, tables: await tables(past) }).toEqual({ at: named("0000_users"), tables: ["users"] });
        expect(await query(past.client, "select * from users")).toEqual([]);
        await past.migrateOn(tagOf("0001_posts"));
        const other = subject.connect(past.url);
        expect(
          await query(other.client, "select count(*)::integer as n from posts").finally(() => other.end()),
        ).toEqual([{ n: 0 }]);
      }));
  });

  describe("insert()", () => {
    const { core } = subject;
    const things = core.pgTable("things", {
      id: core.uuid().primaryKey(),
      name: core
        .text()
        .notNull()
        .$defaultFn(() => "made up"),
      tags: core.text().array().notNull(),
      facts: core.jsonb().notNull(),
      madeAt: core.timestamp("made_at", { withTimezone: true }).notNull(),
      size: core.integer().default(7),
      note: core.text(),
      laterOn: core.text("later_on").notNull(),
    });
    const folder = subject.migrationsFolder({
      "0000_things": `CREATE TABLE "things" ("id" uuid PRIMARY KEY, "name" text NOT NULL, "tags" text[] NOT NULL, "facts" jsonb NOT NULL,
        "made_at" timestamptz NOT NULL, "size" integer DEFAULT 7, "note" text, "twice" integer GENERATED ALWAYS AS ("size" * 2) STORED);`,
      "0001_later": `ALTER TABLE "things" ADD COLUMN "later_on" text NOT NULL DEFAULT 'then';`,
    });
    const rows = [1, 2].map((n) => ({
      id: `00000000-0000-4000-8000-00000000000${n}`,
      tags: ["a b", `it's ${n}`],
      facts: { n, list: [{ deep: null }] },
      madeAt: new Date("2026-01-31T10:30:00Z"),
      laterOn: "now",
      ...(n === 2 && { name: "given", note: null, size: sql`40 + 2` as never }),
    }));

    it("leaves out columns that are not there yet, and gives values as Drizzle does", async () => {
      const [first] = await subject.migrationTests({ migrationsFolder: folder, of: "all" });
      await to(
        first?.tag as string,
        async (past) => {
          await past.insert(things, rows);
          await past.insert(things, []);
          await past.migrateOn();
          const found = await past.db
            .select()
            .from(things as PgTable)
            .orderBy(sql`id`);
          expect(found).toEqual([
            { ...rows[0], name: "made up", note: null, size: 7, laterOn: "then" },
            { ...rows[1], size: 42, laterOn: "then" },
          ]);
        },
        folder,
      );
    });

    it("says that a table has another name, or is not there yet", () =>
      to(
        null,
        async (past) => {
          await expect(past.insert(things, rows)).rejects.toMatchObject({
            code: "OPTION_INVALID",
            message: expect.stringContaining("no table things"),
          });
        },
        folder,
      ));
  });

  describe("migrationTests()", () => {
    const testsOf = (migrations: Record<string, string>, more: Partial<MigrationTestsChoice<AnyDb, Client>> = {}) =>
      subject.migrationTests({ migrationsFolder: subject.migrationsFolder(migrations), of: "all", ...more });
    /** The test of the last migration. */
    const last = async (migrations: Record<string, string>, more: Partial<MigrationTestsChoice<AnyDb, Client>> = {}) =>
      (await testsOf(migrations, more)).at(-1) as MigrationTest;
    const T = "CREATE TABLE t (id serial PRIMARY KEY, name text NOT NULL);";
    /** The parts of the last test, under the name that the layout gives it. */
    const forLast = (parts: object): Partial<MigrationTestsChoice<AnyDb, Client>> => ({
      tests: { [isJournal ? "0001" : "20260101000001"]: parts },
    });

    it("tests every migration with rows in every table", async () => {
      const seen: unknown[] = [];
      const tests = await subject.migrationTests({
        migrationsFolder,
        of: "all",
        tests: {
          [tagOf("0002_split_names")]: {
            before: (past: Past<Client>) => query(past.client, "insert into users (name) values ('Ada Lovelace')"),
            after: async (migrated: Past<Client>) => {
              seen.push(
                ...(await query(
                  migrated.client,
                  "select name, last, (select count(*)::integer from posts) as posts from users",
                )),
              );
            },
          },
        },
      });
      expect(tests.map(({ tag }) => tag)).toEqual(Object.keys(HISTORY).map(tagOf));
      for (const test of tests) await test.run();
      expect(seen).toEqual([{ name: "Ada", last: "Lovelace", posts: 3 }]);
    });

    it("fails with the error of a migration that rows are in the way of, though it runs on empty tables", async () => {
      const migrations = { "0000_t": T, "0001_needed": "ALTER TABLE t ADD COLUMN needed text NOT NULL;" };
      const test = await last(migrations);
      await expect(test.run()).rejects.toMatchObject({
        code: "MIGRATION_FAILED",
        message: expect.stringMatching(/0001_needed(\.sql|\/migration\.sql) failed[\s\S]*next: first fill the column/),
      });
      await (await last(migrations, { rows: 0 })).run();
    });

    it.each([
      ["are deleted", "DELETE FROM t WHERE id > 1;", "t had 3 rows, and 1 are left", { t: 1 }],
      ["go with a table", "DROP TABLE t;", "t is gone, with 3 rows", { t: 0 }],
      [
        "are not copied into its successor",
        "CREATE TABLE u (id integer); DROP TABLE t; ALTER TABLE u RENAME TO t;",
        "t had 3 rows, and 0 are left",
        { t: 0 },
      ],
    ])("fails where rows %s", async (_, migration, message, actual) => {
      const migrations = { "0000_t": T, "0001_next": migration };
      const error = await (await last(migrations)).run().catch((error: unknown) => error);
      expect(error).toMatchObject({
        name: "AssertionError",
        message: expect.stringContaining(message),
        expected: { t: 3 },
        actual,
      });
      await (await last(migrations, forLast({ mayLose: ["t"] }))).run();
    });

    it("takes a table that is renamed, or made anew with its rows, for the same", async () => {
      await (await last({ "0000_t": T, "0001_next": "ALTER TABLE t RENAME TO u;" })).run();
      const anew = "CREATE TABLE u AS SELECT * FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t;";
      await (await last({ "0000_t": T, "0001_next": anew })).run();
    });

    it("fails where rows break a constraint that was added NOT VALID", async () => {
      const migrations = {
        "0000_t": T,
        "0001_next": "ALTER TABLE t ADD CONSTRAINT t_id_even CHECK (id % 2 = 0) NOT VALID;",
      };
      await expect((await last(migrations)).run()).rejects.toMatchObject({
        name: "AssertionError",
        actual: { t_id_even: expect.stringContaining("is violated by some row") },
      });
      await (await last(migrations, forLast({ mayBreak: ["t_id_even"] }))).run();
      await (
        await last({ ...migrations, "0001_next": "ALTER TABLE t ADD CONSTRAINT t_id CHECK (id > 0) NOT VALID;" })
      ).run();
    });

    it("makes up so many rows for a table as it is told", async () => {
      const counts: unknown[] = [];
      const after = async ({ client }: Past<Client>) => {
        counts.push(
          ...(await query(
            client,
            "select (select count(*)::integer from t) as t, (select count(*)::integer from u) as u",
          )),
        );
      };
      const migrations = { "0000_t": `${T} CREATE TABLE u (id integer);`, "0001_next": "SELECT 1;" };
      await (await last(migrations, forLast({ after, rows: 5 }))).run();
      await (await last(migrations, { ...forLast({ after }), rows: { u: 0 } })).run();
      expect(counts).toEqual([
        { t: 5, u: 5 },
        { t: 3, u: 0 },
      ]);
    });

    it("fails where an assertion of one's own does, and gives the database up", async () => {
      let url = "";
      const after = async (migrated: Past<Client>) => {
        url = migrated.url;
        throw new Error("not so");
      };
      await expect((await last({ "0000_t": T, "0001_next": "SELECT 1;" }, forLast({ after }))).run()).rejects.toThrow(
        "not so",
      );
      const gone = subject.connect(url);
      await expect(query(gone.client, "select 1").finally(() => gone.end())).rejects.toThrow();
    });

    it("takes no name of a migration or a table that is not there", async () => {
      await expect(testsOf({ "0000_t": T }, { tests: { "0000_tea_party": {} } })).rejects.toMatchObject({
        code: "MIGRATIONS_NOT_FOUND",
      });
      const migrations = { "0000_t": T, "0001_next": "SELECT 1;" };
      for (const parts of [{ mayLose: ["tt"] }, { rows: { tt: 1 } }])
        await expect((await last(migrations, forLast(parts))).run()).rejects.toMatchObject({
          code: "OPTION_INVALID",
          message: expect.stringMatching(/the table tt, which is not there before .*\n.*there are t\n/),
        });
      await expect(testsOf({ "0000_t": T }, { of: "some" as never })).rejects.toMatchObject({ code: "OPTION_INVALID" });
    });

    it("tests those that the base branch does not have, and the last where it has all of them", async () => {
      const { "0003_moods": _, ...earlier } = HISTORY;
      const folder = subject.migrationsFolder(HISTORY);
      const git = (...parameters: string[]) =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...parameters], { cwd: folder });
      await expect(subject.migrationTests({ migrationsFolder: folder })).rejects.toMatchObject({
        code: "MIGRATIONS_NOT_FOUND",
        message: expect.stringContaining('of: "all"'),
      });
      git("init", "--quiet", "-b", "main");
      const base = subject.migrationsFolder(earlier);
      execFileSync("git", ["--git-dir", `${folder}/.git`, "--work-tree", base, "add", "--all"]);
      git("commit", "--quiet", "-m", "earlier");
      const fresh = async () => (await subject.migrationTests({ migrationsFolder: folder })).map(({ tag }) => tag);
      expect(await fresh()).toEqual([tagOf("0003_moods")]);
      git("add", "--all");
      git("commit", "--quiet", "-m", "all");
      expect(await fresh()).toEqual([tagOf("0003_moods")]);
      git("rm", "--cached", "--quiet", "-r", ".");
      git("commit", "--quiet", "-m", "none");
      expect(await fresh()).toEqual(Object.keys(HISTORY).map(tagOf));
    });
  });
}
