import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { restorable } from "../../src/home/file/around.ts";
import { type HomeFile, readHomeFile, writeHomeFile } from "../../src/home/file/home-file.ts";
import { homeKey } from "../../src/home/file/home-key.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { parseTarget } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";

const file: HomeFile = {
  made: { format: "2 abc", serverMajor: 18, user: "postgres", database: "app" },
  homes: [
    {
      name: `it_home_${"0a".repeat(12)}`,
      isolation: "database",
      reasons: ["\u2028"],
      dump: "select 'ä\n\\';",
      objects: [],
    },
  ],
};

describe("readHomeFile", () => {
  it("reads what was written", () => {
    expect(readHomeFile(writeHomeFile(file), "homes.gz")).toEqual(file);
  });

  const whole = writeHomeFile(file);
  const refused: Record<string, Uint8Array> = {
    "nothing in it": Buffer.alloc(0),
    "text in it": Buffer.from("homes"),
    "an end that is missing": whole.subarray(0, whole.length - 9),
    "a byte that fell over": whole.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    "other JSON in it": gzipSync('{"file":"other"}\n{}'),
    "null in it": gzipSync("null\n{}"),
    "no line's end": gzipSync("{}"),
    "another version": gzipSync('{"file":"with-test-db homes","version":99}\n{}'),
    "a home that is none": writeHomeFile({ ...file, homes: file.homes.map((home) => ({ ...home, name: "app" })) }),
    "another content than its digest says": gzipSync('{"file":"with-test-db homes","version":1,"digest":"00"}\n{}'),
  };
  it.each(Object.entries(refused))("refuses a file with %s, and says what to do", (_, bytes) => {
    expect(() => readHomeFile(bytes, "homes.gz")).toThrow(
      expect.objectContaining({
        code: "HOME_FAILED",
        message: expect.stringMatching(/^No home was taken from homes\.gz\.\n {2}why: {2}\S.*\n {2}next: remove it/),
      }),
    );
  });
});

describe("homeKey", () => {
  const migrations = (text: string) => readMigrations(journalFolder({ "0000_a": text }));
  const target = (url: string) => parseTarget(url, "TEST_DB_URL");
  const base = migrations("create table a ();");
  const here = target("postgres://me:secret@localhost/app");

  it("is another one for each change of what homes hold, and of where they fit", () => {
    const keys = [
      homeKey(base, { target: here }),
      homeKey(migrations("create table a (id integer);"), { target: here }),
      homeKey(base, { target: target("postgres://you@localhost/app") }),
      homeKey(base, { target: target("postgres://me@localhost/other") }),
      homeKey(base, { target: here, files: [fileURLToPath(import.meta.url)] }),
      homeKey(base),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{24}$/);
  });

  it("is the same on another machine, whatever the password", () => {
    expect(homeKey(base, { target: target("postgres://me:other@127.0.0.1:5433/app") })).toBe(
      homeKey(base, { target: here }),
    );
    expect(homeKey(migrations("create table a ();"), { target: here })).toBe(homeKey(base, { target: here }));
  });
});

describe("restorable", () => {
  it("leaves out psql's settings and our records, and keeps the rest in its order", () => {
    const dump = `SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
SET default_tablespace = '';
-- a comment
CREATE SCHEMA "drizzle";
CREATE TRIGGER "with_test_db" BEFORE INSERT ON "drizzle"."j" EXECUTE FUNCTION "with_test_db"."refuse_journal"();
ALTER EVENT TRIGGER "with_test_db_ddl" ENABLE ALWAYS;
INSERT INTO "a"."b" VALUES (-0);`;
    expect(restorable(dump, new Map()).split("\n").filter(Boolean)).toEqual([
      "SET default_tablespace = '';",
      expect.stringContaining('CREATE SCHEMA "drizzle";'),
      `INSERT INTO "a"."b" VALUES ('-0');`,
    ]);
  });
});
