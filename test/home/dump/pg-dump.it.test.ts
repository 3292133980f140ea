import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../../src/connections/session.ts";
import { readDispensable, startPgDump } from "../../../src/home/dump/pg-dump.ts";
import { ident } from "../../../src/sql/identifiers.ts";
import { tokenize } from "../../../src/sql/lexer.ts";
import { splitStatements } from "../../../src/sql/statements.ts";
import { onDatabase, type Target } from "../../../src/target/target.ts";
import { NOTHING_SPARED } from "../../support/dump-schema.ts";
import { testTarget } from "../../support/target.ts";

/** Names that mean something else in a pattern, in a regular expression, or without quotes. */
const ODD = ["Über", "a.b", "a|b", "(a)", 'a"b', "a*", "a?", "$1", "back\\slash", "[x]", "x{2}", "^", "new\nline", "a"];
const MANY = Array.from({ length: 120 }, (_, n) => `empty ${n}`);

describe("a dump", () => {
  const name = `with_test_db_snapshot_${process.pid}_${Date.now().toString(36)}`;
  let server: Session;
  let target: Target;
  let session: Session;

  beforeAll(async () => {
    server = await openSession(await testTarget());
    await server.script(`create database ${ident(name)} template template0`);
    target = onDatabase(server.target, name);
    session = await openSession(target, { search_path: "public" });
    const tables = ODD.flatMap((odd) => [
      `create table ${ident(odd)} (id integer primary key)`,
      // a pattern that was read as another one would take its rows away
      `create table ${ident(`${odd}x`)} (id serial primary key, parent integer references ${ident(odd)})`,
      `insert into ${ident(`${odd}x`)} default values`,
    ]);
    const empty = MANY.map((one) => `create table ${ident(one)} (id integer)`);
    await session.script([...tables, ...empty].join(";\n"));
  });
  afterAll(async () => {
    await session?.close();
    await server?.script(`drop database if exists ${ident(name)} with (force)`);
    await server?.close();
  });

  const statements = (dump: string): string[] =>
    splitStatements(tokenize(dump)).map(({ tokens }) => tokens.map(({ text }) => text).join(""));
  const dumped = async (spared: boolean): Promise<string[]> => {
    const pgDump = startPgDump();
    try {
      return statements(
        await pgDump.dump(target, "public", spared ? await readDispensable(session, "public") : NOTHING_SPARED),
      );
    } finally {
      await pgDump.discard();
    }
  };

  it("is the same when it is spared what is empty", async () => {
    const dispensable = await readDispensable(session, "public");
    expect([...dispensable.emptyTables].sort()).toEqual([...ODD, ...MANY].sort());
    expect(dispensable.uncommented).toBe(true);

    const spared = await dumped(true);
    expect(spared.filter((text) => text.startsWith("INSERT"))).toHaveLength(ODD.length);
    // a template's comment on its schema public is no comment of the project's
    expect(spared).toEqual((await dumped(false)).filter((text) => !text.startsWith("COMMENT ON SCHEMA")));
  });

  it("has every comment", async () => {
    for (const [make, undo] of [
      [`comment on column "a".id is 'said'`, `comment on column "a".id is null`],
      ["comment on schema public is 'said'", "comment on schema public is 'standard public schema'"],
    ] as const) {
      await session.script(make);
      const { uncommented } = await readDispensable(session, "public");
      const spared = await dumped(true);
      await session.script(undo);
      expect(uncommented).toBe(false);
      expect(spared.filter((text) => text.includes("'said'"))).toHaveLength(1);
    }
  });

  it("is whole, though its thread is woken while it waits for what is not there yet", async () => {
    const whole = await dumped(true);
    const notify = Atomics.notify;
    const late = vi.spyOn(Atomics, "notify").mockImplementation((...signal) => {
      // as where this process is interrupted between the turn and the notice of it, and the thread has gone on meanwhile
      for (const delay of [0, 1, 2, 5]) setTimeout(() => notify(...signal), delay);
      return 0;
    });
    try {
      expect(await dumped(true)).toEqual(whole);
    } finally {
      late.mockRestore();
    }
  });

  it("says why it is none, and can be given up before it was asked for", async () => {
    const pgDump = startPgDump();
    const missing = onDatabase(target, `${name}_missing`);
    await expect(pgDump.dump(missing, "public", NOTHING_SPARED)).rejects.toMatchObject({
      code: "SNAPSHOT_FAILED",
      message: expect.stringContaining(`database "${name}_missing" does not exist`),
    });
    await pgDump.discard();
    await startPgDump().discard();
  });
});
