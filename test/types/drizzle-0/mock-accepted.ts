/** What has to compile with the mock where drizzle-orm 0.45 is installed. */
import { count, eq, sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { drizzle } from "drizzle-orm/postgres-js";
import { Pool } from "pg";
import postgres from "postgres";
import { createMockDb, type MockCall, type MockDb, postgresError } from "with-test-db/mock";
import * as schema from "./schema.js";

declare function use(...values: unknown[]): void;
const { owners, cats } = schema;
const mock: MockDb<typeof schema> = createMockDb({ schema, drizzle: { casing: "snake_case" } });

/** Wherever a database is wanted, in each way to type one. */
const applicationDb = drizzle({ client: postgres("postgres://localhost"), schema });
const applicationPgDb = drizzlePg({ client: new Pool(), schema });
type Transaction = Parameters<Parameters<typeof applicationDb.transaction>[0]>[0];
type PgTransaction = Parameters<Parameters<typeof applicationPgDb.transaction>[0]>[0];
export class Service {
  constructor(
    readonly db: PostgresJsDatabase<typeof schema>,
    readonly pgDb: NodePgDatabase<typeof schema>,
    readonly either: PgDatabase<PgQueryResultHKT, typeof schema>,
    readonly own: typeof applicationDb,
    readonly ownPg: typeof applicationPgDb,
  ) {}
}
export const service = new Service(mock.db, mock.db, mock.db, mock.db, mock.db);
export const bare: [PostgresJsDatabase, NodePgDatabase] = [createMockDb().db, createMockDb().db];

export async function calls(): Promise<void> {
  const rows = await mock.db.select({ id: owners.id }).from(owners).where(eq(owners.id, 1));
  const id: number | undefined = rows[0]?.id;
  const owner = await mock.db.query.cats.findFirst({ with: { owner: true } });
  const name: string | undefined = owner?.owner?.name;
  await mock.db.transaction(async (tx) => {
    const ofPostgresJs: Transaction = tx;
    await tx.insert(owners).values({ name: "Ada" });
    use(ofPostgresJs);
  });
  const inTransaction = (_: Transaction | PgTransaction): void => {};
  const call: MockCall | undefined = mock.calls[0];
  use(id, name, call, inTransaction);
}

export function stubs(): void {
  mock.on.select(owners).returns([{ id: 1, name: "Ada", mood: null }]);
  mock.once.select(owners).returns(({ params }) => [{ id: Number(params[0]), name: "Ada", mood: "calm" }]);
  mock.on.select(owners).returns(async () => []);
  mock.on.insert(owners).returns(({ values }) => values.map(({ name }) => ({ id: 1, name, mood: null })));
  mock.on.update(owners).returns(({ set }) => [{ id: 1, name: set.name ?? "", mood: null }]);
  mock.on.update(owners).affects(2);
  mock.on.delete(cats).rejects(postgresError("23503", { constraint: "cats_owner_id_fkey" }));
  mock.on.findMany(cats).returns([{ id: 1, name: "Tom", ownerId: null }]);
  mock.on.findFirst(cats).returns(undefined);
  mock.on.count(cats).returns(3);
  mock.on.execute(/now/).returns([{ now: new Date() }]);
  mock.on.query((db) => db.select({ mood: owners.mood, n: count() }).from(owners)).returns([{ mood: "calm", n: 2 }]);
  mock.on
    .query((db) => db.select().from(owners).leftJoin(cats, sql`true`))
    .returns([{ owners: { id: 1, name: "Ada", mood: null }, cats: null }]);
  mock.on
    .query((db) => db.query.owners.findFirst({ columns: { name: true }, with: { cats: { columns: { id: true } } } }))
    .returns({ name: "Ada", cats: [{ id: 1 }] });
}
