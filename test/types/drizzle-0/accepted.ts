/** What has to compile where drizzle-orm 0.45 is installed. */
import { sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { drizzle } from "drizzle-orm/postgres-js";
import { Pool } from "pg";
import postgres from "postgres";
import { isIntegrationEnabled, type TestDb, type TestDbError, type TestDbErrorCode, withTestDb } from "with-test-db";
import { type TestDb as PgTestDb, TestDbError as PgTestDbError, withTestDb as withPgTestDb } from "with-test-db/pg";
import * as schema from "./schema.js";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;
const enabled: boolean = isIntegrationEnabled();
const code: TestDbErrorCode = "MIGRATION_FAILED";
export const sameError: typeof TestDbError = PgTestDbError;

/** A service as projects have them, on either way to type a database. */
class Service {
  constructor(readonly db: PostgresJsDatabase<typeof schema>) {}
}
const applicationDb = drizzle({ client: postgres("postgres://localhost"), schema });
class ServiceOfApplication {
  constructor(readonly db: typeof applicationDb) {}
}
const applicationPgDb = drizzlePg({ client: new Pool(), schema });
class PgService {
  constructor(readonly db: typeof applicationPgDb) {}
}
const either = (db: PgDatabase<PgQueryResultHKT, typeof schema>): number => Object.keys(db.query).length;

export async function suite(): Promise<void> {
  const testDb: TestDb<typeof schema> = await withTestDb({ schema, migrationsFolder });
  new Service(testDb.db);
  new ServiceOfApplication(testDb.db);
  either(testDb.db);
  const owner = await testDb.db.query.cats.findFirst({ with: { owner: true } });
  const name: string | undefined = owner?.owner?.name;
  const mood: "calm" | "cross" | null | undefined = owner?.owner?.mood;
  const [inserted] = await testDb.db.insert(schema.owners).values({ name: "Ada" }).returning();
  const id: number | undefined = inserted?.id;
  const client: postgres.Sql = testDb.client;
  const samePool: postgres.Sql = testDb.db.$client;
  const place: string | null = testDb.schemaName;
  await testDb.dispose();
  use(enabled, code, name, mood, id, client, samePool, place);
}

export async function pgSuite(): Promise<void> {
  const testDb: PgTestDb<typeof schema> = await withPgTestDb({ schema, migrationsFolder });
  const db: NodePgDatabase<typeof schema> = testDb.db;
  new PgService(testDb.db);
  either(testDb.db);
  const pool: Pool = testDb.client;
  const found = await testDb.db.query.owners.findMany({ with: { cats: true } });
  const cat: string | undefined = found[0]?.cats[0]?.name;
  await testDb.dispose();
  use(db, pool, cat);
}

export async function scoped(): Promise<number> {
  await using testDb = await withTestDb({ schema, migrationsFolder });
  const count: number = await withTestDb({ schema, migrationsFolder }, ({ db }) => db.$count(schema.cats));
  await withPgTestDb({ schema, migrationsFolder }, async ({ db }) => void (await db.execute(sql`select 1`)));
  await withTestDb<typeof schema, void>({ schema, migrationsFolder }, () => {});
  return count + (await testDb.db.$count(schema.cats));
}

export async function withoutSchema(): Promise<void> {
  const testDb: TestDb = await withTestDb({ migrationsFolder });
  const db: PostgresJsDatabase = testDb.db;
  const pgTestDb: PgTestDb = await withPgTestDb({ migrationsFolder });
  const pgDb: NodePgDatabase = pgTestDb.db;
  await db.select().from(schema.owners);
  await pgDb.select().from(schema.owners);
  const empty = await withTestDb({ schema: {}, migrationsFolder });
  await empty.db.select().from(schema.owners);
}

export async function options(): Promise<void> {
  await withTestDb({
    schema,
    migrationsFolder,
    drizzle: { casing: "snake_case", logger: true },
    client: {
      max: 1,
      types: { point: { to: 600, from: [600], serialize: String, parse: String } },
      onnotice: () => {},
    },
    isolation: "auto",
    prepare: { key: "1", run: ({ client }) => client`create schema auth` },
    seed: { key: "1", run: async ({ db }) => db.insert(schema.owners).values({ name: "Ada" }) },
  });
  await withPgTestDb({
    schema,
    migrationsFolder,
    drizzle: { logger: { logQuery: (query: string) => use(query) } },
    client: { max: 1, statement_timeout: 1000 },
    prepare: ["auth.sql"],
    seed: {
      key: "1",
      run: async ({ db, client }) => {
        await db.query.owners.findFirst();
        await client.query("select 1");
      },
    },
  });
}

/** A helper of a project's own, and one that takes any of its units. */
const ours = (label: string): Promise<TestDb<typeof schema>> => withTestDb({ schema, migrationsFolder, label });
const anyOf = <TSchema extends Record<string, unknown>>(testDb: TestDb<TSchema>): string => testDb.url;
export const generic = async <TSchema extends Record<string, unknown>>(given: TSchema): Promise<TestDb<TSchema>> =>
  withTestDb({ schema: given, migrationsFolder });
export const used = async (): Promise<string> => anyOf(await ours("ours"));
