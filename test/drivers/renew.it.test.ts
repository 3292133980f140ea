/** What `renew()` promises, of both drivers: no connection of before is used again, and nobody is disturbed. */
import type { Pool } from "pg";
import type { Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import type { Connection, Driver } from "../../src/drivers/driver.ts";
import { nodePostgres } from "../../src/drivers/node-postgres.ts";
import { postgresJs } from "../../src/drivers/postgres-js.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const SCHEMA = `it_renew_${Date.now().toString(36)}`;
/** So many connections are open at a time. */
const MAX = 3;
const TYPES = `create type mood as enum ('ok', 'bad'); create domain positive as int check (value > 0);
  create type pair as (a int, m mood); create table p (m mood, ms mood[], n positive, ns positive[], c pair);
  insert into p values ('ok', '{ok,bad}', 1, '{1,2}', '(1,ok)')`;
const PREPARED = "select ms, ns from p where m = $1 and n = $2 and c = $3::pair and ms = $4";
const VALUES = ["ok", 1, "(1,ok)"];

interface Running {
  readonly connection: Connection<unknown>;
  /** A query that is prepared on its connection, with parameters of every kind of type. */
  prepared(): Promise<unknown>;
  query(text: string): Promise<Record<string, unknown>[]>;
  /** A transaction that stays open until the function has ended, and is given the way to its connection. */
  transaction(use: (query: Running["query"]) => Promise<void>): Promise<void>;
}

async function withPostgresJs(settings: Record<string, string>): Promise<Running> {
  const connection = await (postgresJs({}, { max: MAX }) as Driver<{ client: Sql }>).connect(
    await testTarget(),
    settings,
    { isToldTypes: true },
  );
  const { client } = connection.context();
  return {
    connection,
    prepared: async () => [...(await client.unsafe(PREPARED, [...VALUES, ["ok", "bad"]], { prepare: true }))],
    query: async (text) => [...(await client.unsafe(text))],
    transaction: (use) => client.begin((sql) => use(async (text) => [...(await sql.unsafe(text))])) as Promise<void>,
  };
}

async function withNodePostgres(settings: Record<string, string>): Promise<Running> {
  const driver = nodePostgres({}, { max: MAX }) as unknown as Driver<{ client: Pool }>;
  const connection = await driver.connect(await testTarget(), settings);
  const { client } = connection.context();
  return {
    connection,
    prepared: async () =>
      (await client.query({ name: "by_mood", text: PREPARED, values: [...VALUES, ["ok", "bad"]] })).rows,
    query: async (text) => (await client.query(text)).rows,
    async transaction(use) {
      const taken = await client.connect();
      await taken.query("begin");
      await use(async (text) => (await taken.query(text)).rows);
      await taken.query("commit");
      taken.release();
    },
  };
}

describe.skipIf(!isIntegrationEnabled()).each([
  ["postgres.js", withPostgresJs, { ms: ["ok", "bad"], ns: ["1", "2"] }],
  ["node-postgres", withNodePostgres, { ms: "{ok,bad}", ns: "{1,2}" }],
])("renew() of %s", (_, open, row) => {
  let session: Session;
  let running: Running;
  beforeAll(async () => {
    session = await openSession(await testTarget());
  });
  afterAll(async () => {
    await session.script(`drop schema if exists ${SCHEMA} cascade`);
    await session.close();
  });
  beforeEach(async () => {
    running = await open({ search_path: SCHEMA });
    await makeAnew();
  });
  afterEach(() => running.connection.close());

  const makeAnew = async (): Promise<void> => {
    await session.script(`drop schema if exists ${SCHEMA} cascade; create schema ${SCHEMA};
      set search_path = ${SCHEMA}; ${TYPES}; set search_path = pg_catalog`);
    const [told] = await session.rows<{ types: string }>(
      `select string_agg(oid || ':' || typarray, ' ') as types from pg_type where typarray <> 0`,
    );
    running.connection.learnArrayTypes(told?.types ?? "");
  };
  /** The processes of as many connections as there can be. */
  const pids = async (): Promise<unknown[]> => {
    const asked = Array.from({ length: MAX }, () => running.query("select pg_backend_pid() as pid, pg_sleep(0.1)"));
    return (await Promise.all(asked)).map(([answer]) => answer?.["pid"]);
  };

  it("has prepared statements know types that were made anew, however often", async () => {
    for (let round = 0; round < 3; round++) {
      // on every connection
      const answers = await Promise.all(Array.from({ length: 2 * MAX }, () => running.prepared()));
      expect(answers).toEqual(answers.map(() => [row]));
      await makeAnew();
      await running.connection.renew();
    }
  });

  it("replaces every connection that is idle, and opens no more than there may be", async () => {
    const before = await pids();
    expect(new Set(before).size).toBe(MAX);
    await running.connection.renew();
    const after = await pids();
    expect(new Set([...before, ...after]).size).toBe(2 * MAX);
    expect(await pids()).toEqual(expect.arrayContaining(after));
  });

  it("does nothing to a client that has not connected, or is closed", async () => {
    await running.connection.renew();
    expect(await running.prepared()).toEqual([row]);
    await running.connection.close();
    await running.connection.renew();
  });

  it("lets queries that are asked before and after it end, those that wait included", async () => {
    const asked = Array.from({ length: 3 * MAX }, () => running.query("select 1 as one, pg_sleep(0.05)"));
    await running.query("select 1");
    const renewed = running.connection.renew();
    asked.push(...Array.from({ length: 3 * MAX }, () => running.query("select 1 as one, pg_sleep(0.01)")));
    await renewed;
    expect((await Promise.all(asked)).map(([answer]) => answer?.["one"])).toEqual(asked.map(() => 1));
  });

  it("leaves a transaction its connection, which is not used again", async () => {
    await pids();
    let own: Record<string, unknown>[] = [];
    await running.transaction(async (query) => {
      own = await query("select pg_backend_pid() as pid");
      await running.connection.renew();
      expect(await running.prepared()).toEqual([row]);
      await query("insert into p (n) values (7)");
    });
    expect(await running.query("select n from p where n = 7")).toEqual([{ n: 7 }]);
    expect(await pids()).not.toContain(own[0]?.["pid"]);
  });

  it("leaves a reservation its connection, which is not used again", async () => {
    await pids();
    const reserved = await running.connection.reserve();
    const own = await reserved.ask("select pg_backend_pid()");
    await running.connection.renew();
    expect(await running.prepared()).toEqual([row]);
    expect(await reserved.ask("select pg_backend_pid()")).toEqual(own);
    reserved.release();
    expect((await pids()).map(String)).not.toContain(own.value);
    const again = await Promise.all(Array.from({ length: MAX }, () => running.connection.reserve()));
    for (const each of again) each.release();
    expect(await running.prepared()).toEqual([row]);
  });
});

describe.skipIf(!isIntegrationEnabled())("renew() of postgres.js", () => {
  it("leaves what listens alone, and has it end with the client", async () => {
    const target = await testTarget();
    const { context, renew, close } = await (postgresJs({}) as Driver<{ client: Sql }>).connect(target, {});
    const { client } = context();
    const heard: string[] = [];
    const { unlisten } = await client.listen("renewed", (word) => void heard.push(word));
    await client`select 1`;
    await renew();
    await renew();
    await client.listen("renewed", (word) => void heard.push(`again ${word}`));
    await client.notify("renewed", "here");
    await expect.poll(() => heard, SOON).toEqual(["here", "again here"]);
    await unlisten();
    await close();
    await expect(client`select 1`).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
  });
});
