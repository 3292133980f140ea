import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { nodePostgres } from "../../src/drivers/node-postgres.ts";
import { postgresJs } from "../../src/drivers/postgres-js.ts";
import { isIntegrationEnabled } from "../../src/guard/flag.ts";
import { applyStep } from "../../src/home/steps.ts";
import type { KeyedStep } from "../../src/options.ts";
import { fullServer } from "../support/full-server.ts";
import { temporaryFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const DRIVERS: readonly (readonly [name: string, driver: Driver<unknown>])[] = [
  ["postgres.js", postgresJs({})],
  ["node-postgres", nodePostgres({})],
];

describe.each(DRIVERS)("a step with %s on a server that has no connection left", (_, driver) => {
  const full = fullServer();

  it("waits for one, and says so by name after the deadline", async () => {
    const [session, other] = (await full.takeAllBut(0)) as [Session, Session];
    let runs = 0;
    const seed = { key: "counts", run: async () => ++runs };
    await expect(applyStep("seed", session, seed, driver, 200)).rejects.toMatchObject({ code: "SERVER_FULL" });
    const applied = applyStep("seed", session, seed, driver, 60_000);
    await sleep(300);
    expect(runs).toBe(0);
    await other.close();
    await applied;
    expect(runs).toBe(1);
  });
});

describe.skipIf(!isIntegrationEnabled())("a step", () => {
  let database: OwnDatabase;
  const name = `it_steps_${process.pid}_${Date.now().toString(36)}`;
  beforeAll(async () => {
    database = await openOwnDatabase(name);
  });
  afterAll(async () => {
    await database.server.script(`drop role if exists ${name}`);
    await database.drop();
  });
  const NEXT = "next: wait longer, if it takes that long: withTestDb({ deadline: 300_000, … })";
  const file = (sql: string): string => {
    const path = join(temporaryFolder(), "prepare.sql");
    writeFileSync(path, sql);
    return path;
  };
  const driver = postgresJs({});

  it.each(DRIVERS)("of code with %s that does not end fails by its key", async (_, anyDriver) => {
    const waits: readonly ((context: unknown) => Promise<unknown>)[] = [
      () => new Promise(() => {}),
      (context) => {
        const { client } = context as {
          client: { unsafe?: (sql: string) => unknown; query?: (sql: string) => unknown };
        };
        return (client.unsafe?.("select pg_sleep(1000)") ??
          client.query?.("select pg_sleep(1000)")) as Promise<unknown>;
      },
    ];
    for (const run of waits) {
      const began = performance.now();
      const failed = applyStep("seed", database.session, { key: "waits", run }, anyDriver, 1_000);
      await expect(failed).rejects.toMatchObject({
        code: "SEED_FAILED",
        message: `The seed step "waits" failed.\n  why:  it did not end within 1 s\n  ${NEXT}\n  code: SEED_FAILED`,
      });
      expect(performance.now() - began).toBeLessThan(4_000);
    }
  });

  it("of files fails by the file's name where it does not end, or copies from the client", async () => {
    const slow = file("select pg_sleep(1000)");
    const session = await openSession(database.target);
    const failed = applyStep("prepare", session, [file("select 1"), slow], driver, 1_000);
    await expect(failed).rejects.toMatchObject({
      code: "PREPARE_FAILED",
      message: `The file ${slow} of prepare failed.\n  why:  it did not end within 1 s\n  ${NEXT}\n  code: PREPARE_FAILED`,
    });
    await session.close();
    const copies = file("create table c (a integer); copy c (a) from stdin with (format text);\n1\n\\.\n");
    await expect(applyStep("prepare", database.session, [copies], driver, 5_000)).rejects.toMatchObject({
      code: "PREPARE_FAILED",
      message: expect.stringContaining("write those rows as INSERT"),
    });
  });

  it.each(DRIVERS)("of files and code with %s runs in the order in which they are given", async (_, anyDriver) => {
    const code = (letter: string): KeyedStep<unknown> => ({
      key: letter,
      run: async (context) => {
        const { client } = context as {
          client: { unsafe?: (sql: string) => unknown; query?: (sql: string) => unknown };
        };
        const sql = `insert into public.ran (letter) values ('${letter}')`;
        await (client.unsafe?.(sql) ?? client.query?.(sql));
      },
    });
    const add = (letter: string): string => file(`insert into public.ran (letter) values ('${letter}')`);
    const makes = file("drop table if exists public.ran; create table public.ran (at serial, letter text)");
    const steps = [makes, code("a"), add("b"), code("c"), code("d"), add("e")];
    await applyStep("prepare", database.session, steps, anyDriver, 5_000);
    expect(await database.session.rows("select string_agg(letter, '' order by at) as letters from public.ran")).toEqual(
      [{ letters: "abcde" }],
    );
    const failed = applyStep(
      "prepare",
      database.session,
      [makes, { key: "no", run: () => Promise.reject("no") }, add("b")],
      anyDriver,
      5_000,
    );
    await expect(failed).rejects.toMatchObject({
      code: "PREPARE_FAILED",
      message: expect.stringContaining('step "no"'),
    });
    expect(await database.session.rows("select from public.ran")).toEqual([]);
  });

  it("of files makes a role where another database has it", async () => {
    const makes = file(`create schema auth; create role ${name}; grant usage on schema auth to ${name};`);
    for (let time = 0; time < 2; time++) {
      await applyStep("prepare", database.session, [makes], driver, 5_000);
      const granted = `select has_schema_privilege('${name}', 'auth', 'usage') as granted`;
      expect(await database.session.rows(granted)).toEqual([{ granted: true }]);
      await database.session.script("drop schema auth");
    }
  });
});
