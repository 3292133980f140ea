import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { type TestDb as PgTestDb, withTestDb as withTestDbOnPg } from "../../src/pg.ts";
import { assertRepeatsNoQuery, assertRunsAtMost } from "../../src/queries/assert-queries.ts";
import { captureQueries } from "../../src/queries/capture.ts";
import { repeatsNoQuery } from "../../src/queries/repeats-no-query.ts";
import { runsAtMost } from "../../src/queries/runs-at-most.ts";
import { DRIZZLE_0, NODE_POSTGRES, POSTGRES_JS } from "../drivers/subjects.ts";
import { journalFolder } from "../support/migrations.ts";
import { queriesConformance } from "./conformance.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));
const api = { captureQueries, runsAtMost, repeatsNoQuery };
const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer, name text)" });

describe.skipIf(!isIntegrationEnabled())("queries by postgres.js under drizzle-orm 0.45", () => {
  queriesConformance(
    { ...POSTGRES_JS, ...DRIZZLE_0, module: { specifier: "with-test-db", directory }, withTestDb },
    api,
  );

  describe("the client's own ways", () => {
    let testDb: TestDb;
    beforeAll(async () => {
      testDb = await withTestDb({ migrationsFolder });
    });
    afterAll(() => testDb?.dispose());

    it("have the text and the values of a template that was made of several", async () => {
      const { client } = testDb;
      const { queries } = await captureQueries(async () => {
        await client`select ${1}::int as one, ${client.typed("a", 25)} as typed`;
        await client`insert into ${client("t")} ${client([{ id: 1, name: "a" }], "id", "name")}`;
        await client`select id from t where id in ${client([1, 2])} ${client`and name = ${"a"}`}`;
        await client.unsafe("select $1::int as two", [2]);
      });
      expect(queries.map(({ text, parameters }) => [text, parameters])).toEqual([
        ["select $1::int as one, $2 as typed", [1, "a"]],
        ['insert into "t" ("id","name")values($1,$2)', ["1", "a"]],
        ["select id from t where id in ($1,$2) and name = $3", ["1", "2", "a"]],
        ["select $1::int as two", [2]],
      ]);
    });

    it("are one query each: a cursor, rows one by one, a description; and none while nobody waits for it", async () => {
      const { client } = testDb;
      const { queries } = await captureQueries(async () => {
        for await (const rows of client`select 1 as cursor`.cursor(1)) expect(rows).toHaveLength(1);
        await client`select 2 as each`.forEach(() => {});
        await client`select 3 as described`.describe();
        const fetched = client`select 4 as twice`;
        await fetched;
        await fetched;
        void client`select 5 as never`;
      });
      expect(queries.map(({ text }) => text)).toEqual([
        ...["select 1 as cursor", "select 2 as each", "select 3 as described", "select 4 as twice"],
      ]);
    });

    it("are seen in the CommonJS build as in the other", async () => {
      const required = createRequire(import.meta.url)("postgres") as typeof postgres;
      const client = required(testDb.url, { max: 1 });
      const { queries } = await captureQueries(() => client`select 1 as required`);
      await client.end();
      expect(queries.map(({ text }) => text)).toEqual(["select 1 as required"]);
    });

    it("leave nothing changed, whether the work fails or not", async () => {
      const prototype = Object.getPrototypeOf(testDb.client.unsafe("")) as { handle: unknown };
      const { handle } = prototype;
      const during: unknown[] = [];
      await captureQueries(() => void during.push(prototype.handle)).then(() => {});
      await expect(captureQueries(() => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
      expect(during).not.toEqual([handle]);
      expect(prototype.handle).toBe(handle);
    });
  });
});

describe.skipIf(!isIntegrationEnabled())("queries by node-postgres under drizzle-orm 0.45", () => {
  queriesConformance(
    {
      ...{ ...NODE_POSTGRES, ...DRIZZLE_0, module: { specifier: "with-test-db/pg", directory } },
      withTestDb: withTestDbOnPg,
    },
    api,
  );

  describe("the client's own ways", () => {
    let testDb: PgTestDb;
    beforeAll(async () => {
      testDb = await withTestDbOnPg({ migrationsFolder });
    });
    afterAll(() => testDb?.dispose());

    it("are one query each: by text, by configuration, by callback, and by a query of one's own", async () => {
      const { queries } = await captureQueries(async () => {
        const { client } = testDb;
        await client.query("select 1 as text");
        await client.query("select $1::int as values", [2]);
        await client.query({ text: "select $1::int as config", values: [3], name: "named" });
        await new Promise<void>((resolve, reject) => {
          client.query("select 4 as callback", (error) => (error ? reject(error) : resolve()));
        });
        const taken = await client.connect();
        const own = new pg.Query("select 5 as own");
        const ended = new Promise((resolve) => own.on("end", resolve));
        taken.query(own);
        await ended;
        taken.release();
      });
      expect(queries.map(({ text, parameters }) => [text, parameters])).toEqual([
        ["select 1 as text", []],
        ["select $1::int as values", [2]],
        ["select $1::int as config", [3]],
        ["select 4 as callback", []],
        ["select 5 as own", []],
      ]);
    });

    it("leave nothing changed, and keep what another has changed meanwhile", async () => {
      const prototype = pg.Client.prototype as { query: (...given: unknown[]) => unknown };
      const { query } = prototype;
      const seen: unknown[] = [];
      await captureQueries(() => {
        const { query: captured } = prototype;
        prototype.query = function (...given) {
          seen.push(given[0]);
          return Reflect.apply(captured, this, given);
        };
      });
      const { queries } = await captureQueries(() => testDb.client.query("select 1 as once"));
      expect(queries).toHaveLength(1);
      expect(seen).toEqual(["select 1 as once"]);
      prototype.query = query;
      expect((await captureQueries(() => testDb.client.query("select 2"))).queries).toHaveLength(1);
      expect(prototype.query).toBe(query);
    });

    it("throw node's AssertionError as functions, with what the matcher says", async () => {
      const ask = async (): Promise<void> => {
        for (const n of [1, 2]) await testDb.client.query("select $1::int as n", [n]);
      };
      await assertRunsAtMost(ask, 2);
      await assertRepeatsNoQuery(ask, { times: 2 });
      await expect(assertRunsAtMost(ask, 1)).rejects.toMatchObject({
        ...{ name: "AssertionError", actual: 2, expected: 1, operator: "runsAtMost" },
        message: expect.stringContaining("2 queries ran, and at most 1 was expected:"),
      });
      await expect(assertRepeatsNoQuery(ask)).rejects.toMatchObject({
        ...{ name: "AssertionError", message: expect.stringContaining("1 query ran more than once:") },
      });
    });
  });
});
