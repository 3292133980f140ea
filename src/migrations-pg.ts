/** The same names as `with-test-db/migrations`, with node-postgres under Drizzle. */
import type { Pool } from "pg";
import { disposeAfter } from "./dispose-after.ts";
import { NODE_POSTGRES } from "./driver-options.ts";
import { loadDriver } from "./drivers/load-driver.ts";
import type { NodePgContext } from "./drivers/node-postgres.ts";
import type { NoSchema } from "./drizzle-types.ts";
import type { MigrationTest, MigrationTestsChoice } from "./migration-tests/choose-tests.ts";
import type { PastDbHandle } from "./migration-tests/past-db.ts";
import { pastOptions } from "./migration-tests/past-options.ts";
import type { MigrationTestParts } from "./migration-tests/run-test.ts";
import type { WithTestDbOptions } from "./pg.ts";
import { preload } from "./runners/preload.ts";

export type { MigrateOnOptions } from "./migration-tests/past-db.ts";
export type { MigrationTest };

type Db = NodePgContext<NoSchema>["db"];

/** Options of {@link migrateTo}: those of `withTestDb()` but for what types `db`, for `isolation`, which is a database, and for `seed`. */
export interface MigrateToOptions extends Omit<WithTestDbOptions, "schema" | "relations" | "isolation" | "seed"> {}

/** What {@link migrateTo} hands out: a `TestDb` without types, which {@link PastDb.migrateOn | can be brought further}. */
export interface PastDb extends PastDbHandle<Db, Pool> {}

/** Options of {@link migrationTests}: those of {@link migrateTo}, which migrations are tested, and how. */
export interface MigrationTestsOptions extends MigrateToOptions, MigrationTestsChoice<Db, Pool> {}

/** What the test of one migration is told. */
export interface MigrationTestOptions extends MigrationTestParts<Db, Pool> {}

/**
 * Makes a database that holds exactly what the migrations up to one of them make. It is made once, and then copied: a second call
 * takes as long as `withTestDb({ isolation: "database" })`.
 *
 * With a function as third argument, the database lives as long as the function runs.
 *
 * @param tag - the last migration that has run there: its name, number, or the beginning of its name; null for before the first
 * @throws TestDbError `MIGRATIONS_NOT_FOUND` where no migration is called so, with one that is; else as `withTestDb()`
 *
 * @example
 * ```ts
 * await migrateTo("0006", { migrationsFolder: "drizzle" }, async (past) => {
 *   await past.db.execute(sql`insert into users (name) values ('Ada Lovelace')`);
 *   await past.migrateOn("0007_split_names");
 *   expect(await past.db.select().from(schema.users)).toMatchObject([{ first: "Ada", last: "Lovelace" }]);
 * });
 * ```
 */
export async function migrateTo(tag: string | null, options: MigrateToOptions): Promise<PastDb>;
export async function migrateTo<Result>(
  tag: string | null,
  options: MigrateToOptions,
  use: (past: PastDb) => Result | Promise<Result>,
): Promise<Result>;
export async function migrateTo<Result>(
  tag: string | null,
  options: MigrateToOptions,
  use?: (past: PastDb) => Result | Promise<Result>,
): Promise<PastDb | Result> {
  const resolved = pastOptions("migrateTo()", options, NODE_POSTGRES);
  const { openPast, nodePostgres } = await load();
  const { past } = await openPast(resolved, nodePostgres<NoSchema>(options, options.client), tag);
  return use ? disposeAfter(past, use) : past;
}

/**
 * A test for each migration that the base branch does not have, to be handed to whatever runs tests. Each makes a database as it is
 * before the migration, puts rows into every table, runs the migration as a deployment would, and asserts that it ran, that no table
 * lost rows, and that rows keep constraints that were added `NOT VALID`. `tests` adds rows and assertions of your own.
 *
 * @throws TestDbError `MIGRATIONS_NOT_FOUND` where it can't be told which are new, or a name of `tests` is no migration's
 *
 * @example
 * ```ts
 * for (const migration of await migrationTests({ migrationsFolder: "drizzle" })) {
 *   it(migration.tag, () => migration.run());
 * }
 * ```
 */
export async function migrationTests(options: MigrationTestsOptions): Promise<MigrationTest[]> {
  const { of, base, rows, tests, ...rest } = options;
  const resolved = pastOptions("migrationTests()", rest, NODE_POSTGRES);
  const { chooseTests, openPast, nodePostgres } = await load();
  return chooseTests<Db, Pool>(resolved, options, (tag) =>
    // a name of its own for each
    openPast(pastOptions("migrationTests()", rest, NODE_POSTGRES), nodePostgres<NoSchema>(rest, rest.client), tag),
  );
}

/** A suite that is skipped loads no driver before it asks for tests. */
const load = () =>
  loadDriver(async () => {
    const { openPast } = await import("./migration-tests/open-past.ts");
    const { chooseTests } = await import("./migration-tests/choose-tests.ts");
    const { nodePostgres } = await import("./drivers/node-postgres.ts");
    return { chooseTests, openPast, nodePostgres };
  });
preload(load);
