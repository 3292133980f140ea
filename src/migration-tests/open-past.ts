/** Opens a database that holds what the first migrations of a folder make: a unit of a home of its own, which is made once. */
import type { Context, Driver } from "../drivers/driver.ts";
import { TestDbError } from "../errors.ts";
import { assertIntegrationEnabled } from "../guard/flag.ts";
import { readMigrations } from "../migrations/read-migrations.ts";
import { migrationsUpTo } from "../migrations/up-to.ts";
import { openUnit } from "../open-test-db.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Unit } from "../unit/unit.ts";
import { findMigration } from "./find-migration.ts";
import { type PastDbHandle, pastDb } from "./past-db.ts";

/** A unit with what is known of it here, and not told. */
export interface OpenedPast<Db, Client> {
  readonly past: PastDbHandle<Db, Client>;
  readonly unit: Unit;
}

/** @param tag - the last migration that it holds; null for none */
export async function openPast<Db, Client>(
  options: ResolvedOptions<Context<Db, Client>>,
  driver: Driver<Context<Db, Client>>,
  tag: string | null,
): Promise<OpenedPast<Db, Client>> {
  if (typeof tag !== "string" && tag !== null) {
    const what = `The migration must be named, or null for before the first, and is ${JSON.stringify(tag) ?? "nothing"}`;
    throw new TestDbError("OPTION_INVALID", { what, next: 'migrateTo("0003", { migrationsFolder })' });
  }
  assertIntegrationEnabled(options.flag);
  const all = readMigrations(options.migrationsFolder);
  const from = tag === null ? 0 : findMigration(all, tag) + 1;
  const opened = await openUnit(options, driver, migrationsUpTo(all, from));
  return { past: pastDb(opened, all, from, options.deadline), unit: opened.open.unit };
}
