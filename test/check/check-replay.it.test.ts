import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkReplay } from "../../src/check/check-replay.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

describe.skipIf(!isIntegrationEnabled())("checkReplay()", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_check_${Date.now()}`);
  });
  afterAll(() => own.drop());

  const replay = (migrations: Readonly<Record<string, string>>, prepare: readonly string[] = []) =>
    checkReplay({ migrationsFolder: journalFolder(migrations), target: own.target, prepare, deadline: 30_000 });

  it("finds nothing in a history that replays, and leaves nothing", async () => {
    expect(await replay({ "0000_a": "create table a (id integer);", "0001_b": "alter table a add b text;" })).toEqual({
      question: "replay",
      status: "ok",
      findings: [],
    });
    const left = await own.server.rows(
      `select datname from pg_database where shobj_description(oid, 'pg_database') like '%"home":"it_replay_%'
         and datname not in (select datname from pg_stat_activity where datname is not null)`,
    );
    expect(left).toEqual([]);
    expect(await own.session.rows("select from pg_class where relname = 'a'")).toEqual([]);
  });

  it("finds the statement that fails, at its line, in Postgres' words", async () => {
    const text =
      "create table a (\n  id integer\n);\n--> statement-breakpoint\ninsert into a (id)\n  values (nothing);\n";
    expect(await replay({ "0000_a": "select 1;", "0001_b": text })).toMatchObject({
      status: "found",
      findings: [
        {
          level: "error",
          rule: "does-not-replay",
          message: expect.stringMatching(/^column "nothing" does not exist \(SQLSTATE 42703\)/),
          file: expect.stringMatching(/0001_b\.sql$/),
          line: 6,
          help: expect.stringContaining("--prepare"),
          detail: "insert into a (id)\n  values (nothing);",
        },
      ],
    });
  });

  it("warns of a history that needs more than one transaction, which Drizzle's migrator has", async () => {
    // in the transaction that makes a type, PostgreSQL 17 takes its new values
    const file = join(temporaryFolder(), "prepare.sql");
    writeFileSync(file, "create type mood as enum ('sad'); create table a (mood mood);");
    const answer = await replay(
      {
        "0000_a": "select 1;",
        "0001_b": "alter type mood add value 'glad';",
        "0002_c": "insert into a values ('glad');",
      },
      [file],
    );
    expect(answer).toMatchObject({
      status: "ok",
      findings: [
        {
          level: "warning",
          rule: "not-in-one-transaction",
          message: expect.stringContaining("unsafe use of new value"),
          file: expect.stringMatching(/0002_c\.sql$/),
          line: 1,
        },
      ],
    });
  });

  it("finds what fails also in steps, after the warning", async () => {
    const { status, findings } = await replay({
      "0000_a": "create table a (id integer);",
      "0001_b": "create index concurrently on a (id);",
      "0002_c": "drop table missing;",
    });
    expect([status, findings.map(({ rule }) => rule)]).toEqual([
      "found",
      ["not-in-one-transaction", "does-not-replay"],
    ]);
  });

  it("runs before it what the migrations expect, and tells that from the history where it fails", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "prepare.sql");
    writeFileSync(file, "create schema auth; create table auth.users (id integer primary key);");
    const migrations = { "0000_a": "create table a (user_id integer references auth.users (id));" };
    expect(await replay(migrations, [file])).toMatchObject({ status: "ok" });
    expect(await replay(migrations)).toMatchObject({ status: "found" });
    writeFileSync(file, "create nothing");
    await expect(replay(migrations, [file])).rejects.toMatchObject({ code: "PREPARE_FAILED" });
  });

  it("does not blame the history for an extension that the server does not have", async () => {
    expect(await replay({ "0000_a": "create extension no_such_extension;" })).toMatchObject({
      status: "failed",
      why: "the server has no extension no_such_extension",
      next: expect.stringContaining("--no-replay"),
    });
  });

  it("touches no database by its name", async () => {
    const text = `comment on database ${own.target.database} is 'mine';`;
    expect(await replay({ "0000_a": text })).toMatchObject({ status: "found" });
  });
});
