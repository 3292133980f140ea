/**
 * The way of the data, in one page:
 *
 *   options ─ guard ─ server ─ blueprint ─ unit ─ TestDb
 *
 * One direction, no going back; each step is one module with one exported verb. A unit is leased by the first query of
 * its own connection; only where there is no blueprint for it yet, the long way through one is taken, and then once more.
 */
import { ensureBlueprint } from "./blueprint/ensure-blueprint.ts";
import { extensionsToMirror } from "./blueprint/extensions.ts";
import type { Blueprint } from "./blueprint/find-blueprint.ts";
import { grantOfCreatedb } from "./blueprint/private-database.ts";
import { inTurn } from "./connections/waiting.ts";
import { type Control, isConnected, openControl } from "./control/control.ts";
import type { Context, Driver } from "./drivers/driver.ts";
import { TestDbError } from "./errors.ts";
import { Phases, publish } from "./events.ts";
import { assertIntegrationEnabled } from "./guard/flag.ts";
import { sweepAtStart } from "./janitor/sweep.ts";
import { drizzleVersion } from "./migrations/drizzle-version.ts";
import { fingerprintOf, recipeKeyOf } from "./migrations/fingerprint.ts";
import { type Migrations, readMigrations } from "./migrations/read.ts";
import { noticeOnce } from "./notice.ts";
import type { Isolation, ResolvedOptions } from "./options.ts";
import { resolveServer } from "./server/server.ts";
import { describeTarget, type Target } from "./target/target.ts";
import { type TestDbHandle, testDbHandle } from "./test-db.ts";
import { createDatabaseUnit } from "./unit/database-unit.ts";
import { unitFailure } from "./unit/failure.ts";
import { leaseSchemaUnit, whenIdle } from "./unit/lease.ts";

/** Makes a unit and hands it out. */
export async function openTestDb<Db, Client>(
  options: ResolvedOptions<Context<Db, Client>>,
  driver: Driver<Context<Db, Client>>,
): Promise<TestDbHandle<Db, Client>> {
  const phases = new Phases();
  assertIntegrationEnabled(options.flag);
  const migrations = readMigrations(options.migrationsFolder);
  const recipeKey = recipeKeyOf({ migrations, drizzleVersion, prepare: options.prepare, seed: options.seed });
  phases.end("migrations");
  const withDeadline = (found: Target): Target => ({ ...found, deadline: options.deadline });
  const target = inTurn(withDeadline(await resolveServer(options, (found) => isConnected(withDeadline(found)))));
  phases.end("server");

  const control = openControl(target, sweepAtStart);
  const lease = () => leaseSchemaUnit({ target, control, recipeKey, migrations, driver, options }, phases);
  try {
    let open = options.isolation === "database" ? undefined : await lease();
    if (!open) {
      const blueprint = await readyBlueprint(control, options, driver, migrations, recipeKey);
      phases.end("blueprint");
      open =
        chooseIsolation(options, blueprint, target) === "schema"
          ? await lease()
          : await createDatabaseUnit(
              control,
              blueprint,
              options.unitName,
              driver,
              whenIdle(control, recipeKey, migrations),
            );
    }
    if (!open) throw blueprintVanished(recipeKey);
    if (open.unit.isolation === "database") phases.end("copy");
    publish({ type: "created", name: open.unit.name, isolation: open.unit.isolation, phases: phases.taken });
    return testDbHandle(control, open, options);
  } catch (error) {
    control.release();
    throw unitFailure(`No unit could be made in ${describeTarget(target)}`, target, error);
  }
}

async function readyBlueprint<C>(
  control: Control,
  options: ResolvedOptions<C>,
  driver: Driver<C>,
  migrations: Migrations,
  recipeKey: string,
): Promise<Blueprint> {
  const session = await control.ready;
  const [fingerprint, mirrored] = await Promise.all([
    fingerprintOf(session, recipeKey),
    extensionsToMirror(session, migrations),
  ]);
  return ensureBlueprint(
    session,
    { fingerprint, migrations, mirrored, prepare: options.prepare, seed: options.seed, driver },
    { schema: options.isolation !== "database" },
  );
}

/** A schema where that is exact, else a database; or an error where only a schema is wanted. */
function chooseIsolation<C>(
  options: ResolvedOptions<C>,
  { obstacles = [], inPlace }: Blueprint,
  { user }: Target,
): Isolation {
  if (options.isolation === "database") return "database";
  if (obstacles.length === 0) return "schema";
  const shown = obstacles.slice(0, 5).join("; ") + (obstacles.length > 5 ? `; and ${obstacles.length - 5} more` : "");
  if (options.isolation === "schema" || inPlace) {
    throw new TestDbError("ISOLATION_REFUSED", {
      what: `A schema cannot hold exactly what ${options.migrationsFolder} makes`,
      why: inPlace ? `${shown}\nand a database of its own takes the right to make one` : shown,
      next: inPlace ? grantOfCreatedb(user) : 'isolation: "auto", which takes a database of its own here',
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
