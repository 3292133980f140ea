/** What has to compile with the mock where drizzle-orm 1.0 is installed. */
import { count, eq, sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import type { PgAsyncDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { drizzle } from "drizzle-orm/postgres-js";
import { postgresJsCodecs } from "drizzle-orm/postgres-js/codecs";
import { Pool } from "pg";
import postgres from "postgres";
import { createMockDb, type MockCall, type MockDb, postgresError } from "with-test-db/mock";
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

declare function use(...values: unknown[]): void;
const { rotations, engineers } = schema;
const mock: MockDb<typeof relations> = createMockDb({ relations, drizzle: { codecs: postgresJsCodecs } });

/** Wherever a database is wanted, in each way to type one. */
const applicationDb = drizzle({ client: postgres("postgres://localhost"), relations });
const applicationPgDb = drizzlePg({ client: new Pool(), relations });
type Transaction = Parameters<Parameters<typeof applicationDb.transaction>[0]>[0];
type PgTransaction = Parameters<Parameters<typeof applicationPgDb.transaction>[0]>[0];
export class Service {
  constructor(
    readonly db: PostgresJsDatabase<typeof relations>,
    readonly pgDb: NodePgDatabase<typeof relations>,
    readonly either: PgAsyncDatabase<PgQueryResultHKT, typeof relations>,
    readonly own: typeof applicationDb,
    readonly ownPg: typeof applicationPgDb,
  ) {}
}
export const service = new Service(mock.db, mock.db, mock.db, mock.db, mock.db);
export const bare: [PostgresJsDatabase, NodePgDatabase] = [createMockDb().db, createMockDb().db];

export async function calls(): Promise<void> {
  const rows = await mock.db.select({ id: rotations.id }).from(rotations).where(eq(rotations.id, 1));
  const id: number | undefined = rows[0]?.id;
  const rotation = await mock.db.query.rotations.findFirst({ where: { name: "a" }, with: { fallback: true } });
  const handle: string | undefined = rotation?.fallback?.handle;
  await mock.db.transaction(async (tx) => {
    const ofPostgresJs: Transaction = tx;
    await tx.insert(rotations).values({ name: "default" });
    use(ofPostgresJs);
  });
  const inTransaction = (_: Transaction | PgTransaction): void => {};
  const call: MockCall | undefined = mock.calls[0];
  use(id, handle, call, inTransaction);
}

export function stubs(): void {
  mock.on.select(rotations).returns([{ id: 1, name: "default", fallbackId: null }]);
  mock.once.select(rotations).returns(({ params }) => [{ id: Number(params[0]), name: "default", fallbackId: 1 }]);
  mock.on.select(schema.load).returns([{ engineerId: 1, hours: 7 }]);
  mock.on.insert(rotations).returns(({ values }) => values.map(({ name }) => ({ id: 1, name, fallbackId: null })));
  mock.on.update(rotations).returns(({ set }) => [{ id: 1, name: set.name ?? "", fallbackId: null }]);
  mock.on.update(rotations).affects(2);
  mock.on.delete(engineers).rejects(postgresError("23503", { constraint: "shifts_engineer_id_fkey" }));
  mock.on.findMany(rotations).returns([{ id: 1, name: "default", fallbackId: null }]);
  mock.on.findFirst(rotations).returns(undefined);
  mock.on.count(engineers).returns(3);
  mock.on.execute(/now/).returns([{ now: new Date() }]);
  mock.on.query((db) => db.select({ name: rotations.name, n: count() }).from(rotations)).returns([{ name: "", n: 2 }]);
  mock.on
    .query((db) => db.select().from(rotations).leftJoin(schema.load, sql`true`))
    .returns([{ rotations: { id: 1, name: "default", fallbackId: null }, load: null }]);
  mock.on
    .query((db) =>
      db.query.engineers.findFirst({ columns: { handle: true }, with: { shifts: { columns: { level: true } } } }),
    )
    .returns({ handle: "ada", shifts: [{ level: "primary" }] });
}
