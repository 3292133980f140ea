/**
 * The way of the data, in one page:
 *
 *   warm   options ─ guard ─ server ─ lease ─ TestDb … dispose ─ rename ─ proof ─ pool
 *   cold   … lease: there is no blueprint ─ build ─ dump ─ replay, proof ─ lease ─ TestDb
 *
 * One direction, no going back; each step is one module with one exported verb. A unit is leased by the first query of
 * its own client, and given back by the last.
 */
import { ensureBlueprint } from "./blueprint/ensure-blueprint.ts";
import type { Blueprint } from "./blueprint/find-blueprint.ts";
import { openControl } from "./control/control.ts";
import type { Context, Driver } from "./drivers/driver.ts";
import { TestDbError } from "./errors.ts";
import { Phases, publish } from "./events.ts";
import { assertIntegrationEnabled } from "./guard/flag.ts";
import { sweepInBackground } from "./janitor/sweep.ts";
import { recipeKeyOf } from "./migrations/fingerprint.ts";
import { readMigrations } from "./migrations/read-migrations.ts";
import { noticeOnce } from "./notice.ts";
import type { Isolation, ResolvedOptions } from "./options.ts";
import { resolveServer } from "./server/resolve-server.ts";
import { describeTarget } from "./target/target.ts";
import { type TestDbHandle, testDbHandle } from "./test-db.ts";
import { createDatabaseUnit } from "./unit/database-unit.ts";
import { type LeaseRequest, leaseSchema } from "./unit/lease.ts";
import { unitFailure } from "./unit/unit-failure.ts";

/** Makes a unit and hands it out. */
export async function openTestDb<Db, Client>(
  options: ResolvedOptions<Context<Db, Client>>,
  driver: Driver<Context<Db, Client>>,
): Promise<TestDbHandle<Db, Client>> {
  const phases = new Phases();
  assertIntegrationEnabled(options.flag);
  const migrations = readMigrations(options.migrationsFolder);
  const recipeKey = recipeKeyOf(migrations, options);
  phases.end("migrations");
  const target = await resolveServer(options);
  phases.end("server");

  const control = openControl(target, options.deadline);
  const request: LeaseRequest<Context<Db, Client>> = { target, control, recipeKey, migrations, driver, options };
  try {
    let open = options.isolation === "database" ? undefined : await leaseSchema(request);
    phases.end("lease");
    if (!open) {
      const { prepare, seed, deadline, isolation: wanted } = options;
      const recipe = { key: recipeKey, migrations, prepare, seed, driver };
      const blueprint = await ensureBlueprint({ target, recipe, schema: wanted !== "database", deadline });
      phases.end("blueprint");
      const isolation = chooseIsolation(options, blueprint);
      open = await (isolation === "schema" ? leaseSchema(request) : createDatabaseUnit(request, blueprint));
      phases.end(isolation === "schema" ? "lease" : "copy");
    }
    if (!open) throw blueprintVanished(recipeKey);
    if (open.sweepIsDue) sweepInBackground(target);
    publish({ type: "created", name: open.unit.name, isolation: open.unit.isolation, phases: phases.taken });
    return testDbHandle(control, open, options);
  } catch (error) {
    control.release();
    throw unitFailure(`No unit could be made in ${describeTarget(target)}`, target, error);
  }
}

/** A schema where that is exact, else a database; or an error where only a schema is wanted. */
function chooseIsolation<C>(options: ResolvedOptions<C>, { obstacles }: Blueprint): Isolation {
  if (options.isolation === "database") return "database";
  if (obstacles.length === 0) return "schema";
  const shown = obstacles.slice(0, 5).join("; ") + (obstacles.length > 5 ? `; and ${obstacles.length - 5} more` : "");
  if (options.isolation === "schema") {
    throw new TestDbError("ISOLATION_REFUSED", {
      what: `A schema cannot hold exactly what ${options.migrationsFolder} makes`,
      why: shown,
      next: 'isolation: "auto", which takes a database of its own here',
    });
  }
  noticeOnce(`${options.migrationsFolder} gets a database instead of a schema: ${shown}`);
  return "database";
}

const blueprintVanished = (recipeKey: string): TestDbError =>
  new TestDbError("UNIT_FAILED", {
    what: `The blueprint ${recipeKey} was dropped between its building and its use`,
    next: "run it again",
  });
