/** The error of a failed query says what failed, and in which unit, whichever way the query was made. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { type TestDb as PgTestDb, withTestDb as withPgTestDb } from "../../src/pg.ts";
import { postgresError } from "../../src/sql/sqlstate.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
const WITH_VALUES = ["select $1::int, nope", [7]] as const;
const BARE = "select nope";

const failureOf = async (query: PromiseLike<unknown>): Promise<unknown> => {
  const error = await Promise.resolve(query).then(
    () => undefined,
    (error: unknown) => postgresError(error),
  );
  expect(error).toBeInstanceOf(Error);
  return error;
};

/** What both drivers' databases have. */
interface Db {
  execute(query: SQL): PromiseLike<unknown>;
  transaction(work: (tx: Db) => Promise<unknown>): Promise<unknown>;
}

const drizzle = sql`select ${7}::int, nope`;
const DRIZZLE: readonly (readonly [string, (db: Db) => PromiseLike<unknown>])[] = [
  ["a query", (db) => db.execute(drizzle)],
  ["in a transaction", (db) => db.transaction(async (tx) => tx.execute(drizzle))],
  ["in a savepoint", (db) => db.transaction((tx) => tx.transaction(async (nested) => nested.execute(drizzle)))],
];

describe.skipIf(!isIntegrationEnabled())("a failed query of postgres.js", () => {
  let testDb: TestDb;
  const folder = temporaryFolder();
  beforeAll(async () => {
    testDb = await withTestDb({ migrationsFolder });
    writeFileSync(join(folder, "bare.sql"), BARE);
  });
  afterAll(() => testDb?.dispose());

  it.each(DRIZZLE)("tells its SQL, its values and its unit: Drizzle, %s", async (_, run) => {
    expect(await failureOf(run(testDb.db as unknown as Db))).toMatchObject({
      ...{ unit: testDb.schemaName, query: WITH_VALUES[0], parameters: WITH_VALUES[1] },
    });
  });

  it.each<[string, (testDb: TestDb) => PromiseLike<unknown>]>([
    ["a template", ({ client }) => client`select ${7}::int, nope`],
    ["text", ({ client }) => client.unsafe(WITH_VALUES[0], [...WITH_VALUES[1]])],
    ["in a transaction", ({ client }) => client.begin((tx) => tx`select ${7}::int, nope`)],
    ["in a savepoint", ({ client }) => client.begin((tx) => tx.savepoint((s) => s`select ${7}::int, nope`))],
  ])("tells its SQL, its values and its unit: %s", async (_, run) => {
    const error = await failureOf(run(testDb));
    expect(error).toMatchObject({ unit: testDb.schemaName, query: WITH_VALUES[0], parameters: WITH_VALUES[1] });
    expect(Object.keys(error as object)).toContain("unit");
  });

  it.each<[string, (testDb: TestDb) => PromiseLike<unknown>]>([
    ["a file", ({ client }) => client.file(join(folder, "bare.sql"))],
    ["a cursor", ({ client }) => client`select nope`.cursor(() => {})],
    ["a description", ({ client }) => client`select nope`.describe()],
    ["the simple protocol", ({ client }) => client.unsafe(BARE).simple()],
    [
      "a reserved connection",
      async ({ client }) => {
        const reserved = await client.reserve();
        await reserved`select nope`.finally(() => reserved.release());
      },
    ],
  ])("tells its SQL and its unit: %s", async (_, run) => {
    expect(await failureOf(run(testDb))).toMatchObject({ unit: testDb.schemaName, query: BARE });
  });

  it("tells the unit also once a reset has given the client other connections", async () => {
    await testDb.client`alter table t add column c integer`;
    await testDb.reset();
    expect(await failureOf(testDb.client`select ${7}::int, nope`)).toMatchObject({ unit: testDb.schemaName });
    expect(await failureOf(testDb.client.unsafe(BARE))).toMatchObject({ unit: testDb.schemaName });
  });
});

describe.skipIf(!isIntegrationEnabled())("a failed query of node-postgres", () => {
  let testDb: PgTestDb;
  beforeAll(async () => {
    testDb = await withPgTestDb({ migrationsFolder });
  });
  afterAll(() => testDb?.dispose());

  it.each(DRIZZLE)("tells its SQL, its values and its unit: Drizzle, %s", async (_, run) => {
    expect(await failureOf(run(testDb.db as unknown as Db))).toMatchObject({
      ...{ unit: testDb.schemaName, query: WITH_VALUES[0], parameters: WITH_VALUES[1] },
    });
  });

  it.each<[string, (testDb: PgTestDb) => Promise<unknown>]>([
    ["text", ({ client }) => client.query(WITH_VALUES[0], [...WITH_VALUES[1]])],
    ["an object", ({ client }) => client.query({ text: WITH_VALUES[0], values: [...WITH_VALUES[1]] })],
    ["prepared", ({ client }) => client.query({ name: "p", text: WITH_VALUES[0], values: [...WITH_VALUES[1]] })],
    [
      "a callback",
      ({ client }) =>
        new Promise((resolve, reject) => {
          client.query(WITH_VALUES[0], [...WITH_VALUES[1]], (error) => (error ? reject(error) : resolve(null)));
        }),
    ],
    [
      "a connection of the pool",
      async ({ client }) => {
        const connected = await client.connect();
        await connected.query(WITH_VALUES[0], [...WITH_VALUES[1]]).finally(() => connected.release());
      },
    ],
  ])("tells its SQL, its values and its unit: %s", async (_, run) => {
    const error = await failureOf(run(testDb));
    expect(error).toMatchObject({ unit: testDb.schemaName, query: WITH_VALUES[0], parameters: WITH_VALUES[1] });
    expect(Object.keys(error as object)).toEqual(expect.arrayContaining(["unit", "query", "parameters"]));
  });

  it("tells what an error is about that belongs to no query", async () => {
    const connected = await testDb.client.connect();
    const ended = new Promise<Error>((resolve) => connected.on("error", resolve));
    const { rows } = await connected.query<{ pid: number }>("select pg_backend_pid() as pid");
    await testDb.client.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    const error = await ended;
    connected.release(true);
    expect(error).toMatchObject({ unit: testDb.schemaName });
    expect(error).not.toHaveProperty("query");
  });
});
