import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../src/connections/session.ts";
import { isIntegrationEnabled, TestDbError, withTestDb } from "../src/index.ts";
import { homeName, recipeKeyOf } from "../src/migrations/fingerprint.ts";
import { readMigrations } from "../src/migrations/read-migrations.ts";
import { targetUrl } from "../src/target/connection-url.ts";
import { describeTarget } from "../src/target/target.ts";
import { journalFolder, temporaryFolder } from "./support/migrations.ts";
import { testTarget } from "./support/target.ts";

const schema = {};
const SECRET = "hunter2-öß%";

/** What a call fails with. That it is ours, and says nothing secret, is asserted for every one of them. */
async function failureOf(options: object): Promise<TestDbError> {
  const error = await withTestDb(options as Parameters<typeof withTestDb>[0]).then(
    (testDb) => testDb.dispose().then(() => new Error("it did not fail")),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TestDbError);
  const { message, stack } = error as TestDbError;
  for (const secret of [SECRET, encodeURIComponent(SECRET)]) expect(`${message}${stack}`).not.toContain(secret);
  expect(message).toContain(`code: ${(error as TestDbError).code}`);
  return error as TestDbError;
}

describe.skipIf(!isIntegrationEnabled())("bad input", () => {
  let session: Session;
  let ours: () => Promise<string[]>;
  let before: string[];
  beforeAll(async () => {
    session = await openSession(await testTarget());
    // the trial of another file's blueprint may come and go meanwhile
    ours = async () =>
      (
        await session.rows<{ name: string }>(
          `select nspname as name from pg_namespace where nspname like 'it\\_bad\\_input\\_%'
           union all select datname from pg_database where datname like 'it\\_bad\\_input\\_%'`,
        )
      ).map(({ name }) => name);
    before = await ours();
  });
  afterAll(() => session.close());
  afterEach(async () => expect(await ours()).toEqual(before));

  const good = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
  const label = "bad input";

  describe("the flag", () => {
    afterEach(() => {
      process.env["TEST_DB_IT"] = "1";
    });

    it("unset refuses to run", async () => {
      delete process.env["TEST_DB_IT"];
      const error = await failureOf({ schema, migrationsFolder: good });
      expect(error).toMatchObject({ code: "FLAG_UNSET", message: expect.stringContaining("TEST_DB_IT=1 npm test") });
    });

    it("neither yes nor no is an error, not a no", async () => {
      process.env["TEST_DB_IT"] = "ture";
      expect((await failureOf({ schema, migrationsFolder: good })).message).toBe(
        [
          'TEST_DB_IT="ture" is neither yes nor no.',
          "  why:  only 1/true/yes/on and 0/false/no/off are understood, so that a typo cannot skip a suite",
          "  next: TEST_DB_IT=1 npm test",
          "  code: FLAG_INVALID",
        ].join("\n"),
      );
    });
  });

  describe("the migrations folder", () => {
    it("missing is named", async () => {
      const migrationsFolder = join(temporaryFolder(), "nowhere");
      const error = await failureOf({ schema, migrationsFolder });
      expect(error).toMatchObject({ code: "MIGRATIONS_NOT_FOUND", message: expect.stringContaining(migrationsFolder) });
    });

    it("empty is named", async () => {
      const migrationsFolder = temporaryFolder();
      const error = await failureOf({ schema, migrationsFolder });
      expect(error).toMatchObject({
        code: "MIGRATIONS_NOT_FOUND",
        message: expect.stringContaining("holds no migrations"),
      });
    });

    it("with a journal that names a file which isn't there says which", async () => {
      const migrationsFolder = journalFolder({ "0000_a": "SELECT 1", "0001_gone": "SELECT 1" });
      rmSync(join(migrationsFolder, "0001_gone.sql"));
      const error = await failureOf({ schema, migrationsFolder });
      expect(error).toMatchObject({
        code: "MIGRATIONS_INVALID",
        message: expect.stringContaining(join(migrationsFolder, "0001_gone.sql")),
      });
    });

    it("with a journal in pieces says so", async () => {
      const migrationsFolder = journalFolder({ "0000_a": "SELECT 1" });
      writeFileSync(join(migrationsFolder, "meta", "_journal.json"), "<<<<<<< HEAD");
      expect(await failureOf({ schema, migrationsFolder })).toMatchObject({ code: "MIGRATIONS_INVALID" });
    });
  });

  it("SQL that fails is shown with its file, its statement and Postgres' words", async () => {
    const migrationsFolder = journalFolder({
      "0000_fine": "CREATE TABLE a (id integer)",
      "0001_broken": "CREATE TABLE b (id integer);--> statement-breakpoint\nALTER TABLE a\n  ADD COLUMN x nonsense;",
    });
    const error = await failureOf({ schema, migrationsFolder, label });
    expect(error.message).toBe(
      [
        `The migration ${join(migrationsFolder, "0001_broken.sql")} failed.`,
        '  why:  type "nonsense" does not exist (SQLSTATE 42704)',
        "        in: ALTER TABLE a",
        "          ADD COLUMN x nonsense;",
        "  next: run it on an empty database by itself: npx drizzle-kit migrate",
        "  code: MIGRATION_FAILED",
      ].join("\n"),
    );
    expect(error.cause).toBeInstanceOf(Error);
    const home = homeName(recipeKeyOf(readMigrations(migrationsFolder)), session.target, "auto");
    expect(await session.rows("select from pg_database where datname = $1::text", [home])).toEqual([]);
  });

  it("a migration that waits for rows from the client is named, and so is a file of prepare", async () => {
    const sql = "CREATE TABLE c (id integer);--> statement-breakpoint\nCOPY c FROM STDIN;";
    const { code, message } = await failureOf({ schema, migrationsFolder: journalFolder({ "0000_copy": sql }), label });
    expect(code).toBe("MIGRATION_FAILED");
    expect(message).toMatch(
      /^The migration .*0000_copy\.sql failed\.\n {2}why: {2}COPY … FROM STDIN reads rows from the client, which sends none\n {8}in: COPY c FROM STDIN;?\n {2}next: write those rows as INSERT/,
    );
    const file = join(temporaryFolder(), "prepare.sql");
    writeFileSync(file, "create table c (id integer); copy c from stdin;");
    const prepared = await failureOf({ schema, migrationsFolder: good, prepare: [file], label });
    expect(prepared.code).toBe("PREPARE_FAILED");
    expect(prepared.message).toContain("COPY … FROM STDIN");
  });

  it("an unknown option is named, with the one that was meant", async () => {
    const error = await failureOf({ schema, migrationFolder: good });
    expect(error).toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining('no option "migrationFolder".\n  why:  did you mean "migrationsFolder"?'),
    });
  });

  describe("the server", () => {
    const call = (url: string) => failureOf({ schema, migrationsFolder: good, url, label });
    const servers: Server[] = [];
    afterAll(() => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve)))));
    /** Something that listens and is no Postgres. */
    const listen = (answer: (socket: import("node:net").Socket) => void): Promise<number> =>
      new Promise((resolve) => {
        const server = createServer((socket) => {
          socket.on("error", () => {});
          answer(socket);
        }).listen(0, "127.0.0.1", () => {
          const address = server.address();
          resolve(typeof address === "object" && address ? address.port : 0);
        });
        servers.push(server);
      });

    it("down is said with its address", async () => {
      const error = await call(`postgres://me:${encodeURIComponent(SECRET)}@127.0.0.1:1/test`);
      expect(error).toMatchObject({
        code: "SERVER_UNREACHABLE",
        message: expect.stringMatching(/^No connection to me@127\.0\.0\.1:1 \(the option url\)/),
      });
    });

    it("that hangs up on Postgres is not Postgres", async () => {
      const port = await listen((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
      expect(await call(`postgres://me:${encodeURIComponent(SECRET)}@127.0.0.1:${port}/test`)).toMatchObject({
        code: "SERVER_NOT_POSTGRES",
      });
    });

    it("that never answers is not Postgres either", async () => {
      const port = await listen((socket) => socket.on("error", () => {}).resume());
      expect(await call(`postgres://me@127.0.0.1:${port}/test`)).toMatchObject({ code: "SERVER_NOT_POSTGRES" });
    });

    it("that has no such database says which it lacks", async () => {
      const target = await testTarget();
      const error = await call(targetUrl({ ...target, database: "no such database" }));
      expect(error).toMatchObject({
        code: "TARGET_INVALID",
        message: expect.stringContaining('has no database "no such database"'),
      });
    });

    it("that is somebody else's machine is not touched", async () => {
      const error = await call(`postgres://me:${encodeURIComponent(SECRET)}@db.example.com/test`);
      expect(error).toMatchObject({
        code: "TARGET_REFUSED",
        message: expect.stringContaining("TEST_DB_ALLOW_REMOTE=db.example.com"),
      });
    });

    it("is not named by a URL that isn't one", async () => {
      expect(await call(`postgers://me:${SECRET}@127.0.0.1/test`)).toMatchObject({ code: "TARGET_INVALID" });
    });

    it("refuses a login with a wrong password", async () => {
      const target = await testTarget();
      await session.script("drop role if exists it_login_test; create role it_login_test login password 'right'");
      try {
        const url = targetUrl({ ...target, user: "it_login_test", password: SECRET });
        const refused = await withTestDb({ schema, migrationsFolder: good, url, label }).catch(
          (error: unknown) => error,
        );
        // a server that trusts everybody lets it in, and then finds that it may do nothing
        expect(refused).toMatchObject({ code: expect.stringMatching(/SERVER_AUTH_FAILED|PRIVILEGE_MISSING/) });
        expect((refused as Error).message).not.toContain(SECRET);
      } finally {
        await session.script("drop role it_login_test");
      }
    });

    it("names the right that is missing to make a database", async () => {
      const target = await testTarget();
      await session.script(
        `drop role if exists it_no_createdb; create role it_no_createdb login password 'known';
         grant create on database ${target.database} to it_no_createdb`,
      );
      const name = "it_bad_input_own";
      await session.script(`drop database if exists ${name}`);
      await session.script(`create database ${name} owner it_no_createdb`);
      try {
        const url = targetUrl({ ...target, user: "it_no_createdb", password: "known", database: name });
        const error = await withTestDb({ schema, migrationsFolder: good, url, label }).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({
          code: "PRIVILEGE_MISSING",
          message: expect.stringContaining(
            `The user it_no_createdb may not create databases on ${describeTarget({ ...target, user: "it_no_createdb", database: name })}`,
          ),
        });
      } finally {
        await session.script(`drop database ${name} with (force)`);
        await session.script(`drop owned by it_no_createdb; drop role it_no_createdb`);
      }
    });
  });
});
