/** What of with-test-db/seams has to compile, and what must not, where drizzle-orm 1.0 is installed. */
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Pool } from "pg";
import type postgres from "postgres";
import { withTestDb } from "with-test-db";
import { withTestDb as withPgTestDb } from "with-test-db/pg";
import {
  advisoryLockHolders,
  backendPid,
  blockUntilWaiting,
  isRedisAvailable,
  killConnection,
  type Race,
  race,
  type TestRedis,
  type Waiting,
  withTestRedis,
} from "with-test-db/seams";
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;

class Service {
  constructor(readonly db: PostgresJsDatabase<typeof relations>) {}
  claim(): Promise<{ id: number } | undefined> {
    return Promise.resolve(undefined);
  }
}

export async function accepted(): Promise<void> {
  const testDb = await withTestDb({ relations, migrationsFolder });
  const { values, errors, results } = await race(testDb, 2, (db, index, client: postgres.Sql) => {
    use(index.toFixed(), client);
    return new Service(db).claim();
  });
  const ids: (number | undefined)[] = values.map((row) => row?.id);
  const status: "fulfilled" | "rejected" | undefined = results[0]?.status;
  const counted: Race<number> = await race(testDb, 2, (db) => db.$count(schema.engineers));
  const rows: Race<{ handle: string }[]> = await race(testDb, 2, (db) =>
    db.delete(schema.engineers).returning({ handle: schema.engineers.handle }),
  );
  await race(testDb, 2, (db) => db.query.shifts.findFirst({ with: { engineer: true } }));
  await testDb.db.transaction(async (tx) => {
    const pid: number = await backendPid(tx);
    const waiting: readonly Waiting[] = await blockUntilWaiting(testDb, { pid, deadline: 100 });
    await killConnection(testDb, tx);
    use(waiting[0]?.blockedBy[0]?.toFixed());
  });
  const reserved = await testDb.client.reserve();
  for (const connection of [reserved, testDb.client, testDb.db, await testDb.connect(), 7])
    await killConnection(testDb, connection);
  await testDb.client.begin((sql) => backendPid(sql));

  const pgTestDb = await withPgTestDb({ relations, migrationsFolder });
  const sums: Race<number> = await race(
    pgTestDb,
    2,
    async (db: NodePgDatabase<typeof relations>, index, client: Pool) => {
      return (await db.$count(schema.engineers)) + index + client.totalCount;
    },
  );
  const checkedOut = await pgTestDb.client.connect();
  for (const connection of [checkedOut, pgTestDb.client, pgTestDb.db, await pgTestDb.connect()])
    await killConnection(pgTestDb, connection);
  await pgTestDb.db.transaction((tx) => backendPid(tx));
  const holders: number[] = await advisoryLockHolders(pgTestDb);

  await using redis: TestRedis = await withTestRedis({ url: "redis://127.0.0.1", isolation: "database" });
  const available: boolean = await isRedisAvailable({ flag: "MY_IT" });
  const { url, prefix }: { url: string; prefix: string } = redis;
  use(sums, ids, errors, status, counted, rows, holders, available, url, prefix);
}

export async function refused(): Promise<void> {
  const testDb = await withTestDb({ relations, migrationsFolder });
  // @ts-expect-error a count is a number
  await race(testDb, "2", () => 1);
  // @ts-expect-error no such table
  await race(testDb, 2, (db) => db.query.dogs.findFirst());
  // @ts-expect-error no such column
  await race(testDb, 2, (db) => db.insert(schema.engineers).values({ nom: "ada" }));
  // @ts-expect-error the other driver's client
  await race(testDb, 2, (_db, _index, client: Pool) => client);
  // @ts-expect-error what failed is no value
  const values: number[] = (await race(testDb, 2, () => "a")).values;
  // @ts-expect-error a connection, not a name
  await killConnection(testDb, "it_123");
  // @ts-expect-error nothing that a query can be sent by
  await backendPid({ url: "postgres://localhost" });
  // @ts-expect-error misspelt
  await blockUntilWaiting(testDb, { timeout: 100 });
  // @ts-expect-error a schema is Postgres'
  await withTestRedis({ isolation: "schema" });
  // @ts-expect-error a prefix is given, not taken
  await withTestRedis({ prefix: "mine" });
  const redis = await withTestRedis();
  // @ts-expect-error what is handed out is not to be changed
  redis.prefix = "mine";
  use(values);
}
