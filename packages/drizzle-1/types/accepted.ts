/** What has to compile where drizzle-orm 1.0 is installed. */
import { type AnyRelations, defineRelations, sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import type { PgAsyncDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { drizzle } from "drizzle-orm/postgres-js";
import { Pool } from "pg";
import postgres from "postgres";
import {
  type DrizzleSchema,
  isIntegrationEnabled,
  type TestDb,
  type TestDbError,
  type TestDbErrorCode,
  withTestDb,
} from "with-test-db";
import { type TestDb as PgTestDb, TestDbError as PgTestDbError, withTestDb as withPgTestDb } from "with-test-db/pg";
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;
const enabled: boolean = isIntegrationEnabled();
const code: TestDbErrorCode = "MIGRATION_FAILED";
export const sameError: typeof TestDbError = PgTestDbError;

/** A service as projects have them, on either way to type a database. */
class Service {
  constructor(readonly db: PostgresJsDatabase<typeof relations>) {}
}
const applicationDb = drizzle({ client: postgres("postgres://localhost"), relations });
class ServiceOfApplication {
  constructor(readonly db: typeof applicationDb) {}
}
const applicationPgDb = drizzlePg({ client: new Pool(), relations });
class PgService {
  constructor(readonly db: typeof applicationPgDb) {}
}
const either = (db: PgAsyncDatabase<PgQueryResultHKT, typeof relations>): number => Object.keys(db.query).length;

export async function suite(): Promise<void> {
  const testDb: TestDb<typeof relations> = await withTestDb({ relations, migrationsFolder });
  new Service(testDb.db);
  new ServiceOfApplication(testDb.db);
  either(testDb.db);
  const shift = await testDb.db.query.shifts.findFirst({ where: { level: "primary" }, with: { engineer: true } });
  const handle: string | undefined = shift?.engineer.handle;
  const level: "primary" | "secondary" | undefined = shift?.level;
  const [inserted] = await testDb.db.insert(schema.engineers).values({ handle: "ada" }).returning();
  const id: number | undefined = inserted?.id;
  const client: postgres.Sql = testDb.client;
  const sameClient: postgres.Sql = testDb.db.$client;
  const place: string | null = testDb.schemaName;
  await testDb.dispose();
  use(enabled, code, handle, level, id, client, sameClient, place);
}

export async function pgSuite(): Promise<void> {
  const testDb: PgTestDb<typeof relations> = await withPgTestDb({ relations, migrationsFolder });
  const db: NodePgDatabase<typeof relations> = testDb.db;
  new PgService(testDb.db);
  either(testDb.db);
  const pool: Pool = testDb.client;
  const found = await testDb.db.query.rotations.findMany({ with: { shifts: { with: { engineer: true } } } });
  const handle: string | undefined = found[0]?.shifts[0]?.engineer.handle;
  await testDb.dispose();
  use(db, pool, handle);
}

export async function scoped(): Promise<number> {
  await using testDb = await withTestDb({ relations, migrationsFolder });
  const count: number = await withTestDb({ relations, migrationsFolder }, ({ db }) => db.$count(schema.shifts));
  await withPgTestDb({ relations, migrationsFolder }, async ({ db }) => void (await db.execute(sql`select 1`)));
  await withTestDb<typeof relations, void>({ relations, migrationsFolder }, () => {});
  return count + (await testDb.db.$count(schema.shifts));
}

export async function withoutRelations(): Promise<void> {
  const testDb: TestDb = await withTestDb({ migrationsFolder });
  const db: PostgresJsDatabase = testDb.db;
  const pgTestDb: PgTestDb = await withPgTestDb({ migrationsFolder });
  const pgDb: NodePgDatabase = pgTestDb.db;
  await db.select().from(schema.engineers);
  await pgDb.select().from(schema.engineers);
  const tablesOnly = await withTestDb({ relations: defineRelations(schema), migrationsFolder });
  await tablesOnly.db.query.engineers.findMany();
}

export async function options(): Promise<void> {
  await withTestDb({
    relations,
    migrationsFolder,
    drizzle: { logger: true, jit: true, paramsInErrors: true },
    client: {
      max: 1,
      types: { point: { to: 600, from: [600], serialize: String, parse: String } },
      onnotice: () => {},
    },
    isolation: "auto",
    prepare: { key: "1", run: ({ client }) => client`create schema auth` },
    seed: { key: "1", run: async ({ db }) => db.insert(schema.engineers).values({ handle: "ada" }) },
  });
  await withPgTestDb({
    relations,
    migrationsFolder,
    drizzle: { logger: { logQuery: (query: string) => use(query) } },
    client: { max: 1, statement_timeout: 1000 },
    prepare: ["auth.sql"],
    seed: {
      key: "1",
      run: async ({ db, client }) => {
        await db.query.engineers.findFirst();
        await client.query("select 1");
      },
    },
  });
}

/** A helper of a project's own, and one that takes any of its units. */
const ours = (label: string): Promise<TestDb<typeof relations>> => withTestDb({ relations, migrationsFolder, label });
const anyOf = <TRelations extends AnyRelations>(testDb: TestDb<TRelations>): string => testDb.url;
export const generic = async <TRelations extends DrizzleSchema>(given: TRelations): Promise<TestDb<TRelations>> =>
  withTestDb({ relations: given, migrationsFolder });
export const used = async (): Promise<string> => anyOf(await ours("ours"));
