/** Databases of the past, and tests of migrations, where drizzle-orm 1.0 is installed. */
import { sql } from "drizzle-orm";
import type { Pool } from "pg";
import type postgres from "postgres";
import {
  type MigrationTest,
  type MigrationTestOptions,
  migrateTo,
  migrationTests,
  type PastDb,
} from "with-test-db/migrations";
import { migrateTo as migrateToOnPg, type PastDb as PgPastDb } from "with-test-db/migrations/pg";
import * as schema from "../src/schema.ts";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;

export async function accepted(): Promise<void> {
  const past: PastDb = await migrateTo("0003_teams", {
    migrationsFolder,
    prepare: ["auth.sql"],
    client: { max: 1 },
    label: "past",
  });
  const at: string | null = past.at;
  const client: postgres.Sql = past.client;
  const ran: string[] = await past.migrateOn("0004", { replay: "migration by migration" });
  await past.migrateOn();
  await past.insert(schema.rotations, { name: "Tom", fallbackId: null });
  await past.insert(schema.rotations, [{ name: "Tom" }, { id: 2, name: "Kit" }]);
  await past.db.execute(sql`select 1`);
  const cats: { id: number; name: string }[] = await past.db.select().from(schema.rotations);
  const count: number = await migrateTo(null, { migrationsFolder }, async ({ db }) => db.$count(schema.rotations));
  const pg: PgPastDb = await migrateToOnPg(null, { migrationsFolder, client: { max: 1, statement_timeout: 5_000 } });
  const pool: Pool = pg.client;
  const own: MigrationTestOptions = {
    rows: { cats: 5 },
    before: ({ db }) => db.execute(sql`select 1`),
  };
  const tests: MigrationTest[] = await migrationTests({
    migrationsFolder,
    of: ["0003"],
    base: "main",
    rows: 5,
    tests: { "0003": own },
  });
  await tests[0]?.run();
  use(at, client, ran, cats, count, pool);
  await using other = await migrateTo("0", { migrationsFolder });
  use(other);
}

export async function refused(past: PastDb): Promise<void> {
  // @ts-expect-error a point is named, or null
  await migrateTo(undefined, { migrationsFolder });
  // @ts-expect-error a folder is needed
  await migrateTo("0003", {});
  // @ts-expect-error the past has no schema
  await migrateTo("0003", { migrationsFolder, schema });
  // @ts-expect-error it is always a database
  await migrateTo("0003", { migrationsFolder, isolation: "schema" });
  // @ts-expect-error not a way to run migrations
  await past.migrateOn("0004", { replay: "twice" });
  // @ts-expect-error a name is needed
  await past.insert(schema.rotations, { fallbackId: 1 });
  // @ts-expect-error a name is text
  await past.insert(schema.rotations, [{ name: 1 }]);
  // @ts-expect-error no such column
  await past.insert(schema.rotations, { name: "Tom", tail: true });
  // @ts-expect-error no such choice
  await migrationTests({ migrationsFolder, of: "old" });
  // @ts-expect-error misspelt
  await migrationTests({ migrationsFolder, tests: { "0003": { mayLoose: ["cats"] } } });
  // @ts-expect-error an untyped database has no such query
  await past.db.query.rotations.findMany();
}
