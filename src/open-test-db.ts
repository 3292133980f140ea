/**
 * The way of the data, in one page:
 *
 *   warm   options ─ guard ─ server ─ lease ─ TestDb … dispose ─ rename ─ proof ─ pool
 *   cold   … lease: there is no home ─ create it ─ prepare, migrate, rename ─ dump ─ replay, proof ─ lease ─ TestDb
 *
 * One direction, no going back; each step is one module with one exported verb. A unit is leased by the first query of
 * its own client, and given back by the last.
 */
import { assertTimersRun } from "./connections/assert-timers-run.ts";
import { areReplaced } from "./connections/drivers-timers.ts";
import { openControl } from "./control/control.ts";
import type { Context, Driver } from "./drivers/driver.ts";
import { TestDbError } from "./errors.ts";
import { Phases, publish } from "./events.ts";
import { assertIntegrationEnabled } from "./guard/flag.ts";
import { ensureHome } from "./home/ensure-home.ts";
import { sweepInBackground } from "./janitor/sweep.ts";
import { databaseKey, folderKey, homeName, recipeKeyOf } from "./migrations/fingerprint.ts";
import { type Migrations, readMigrations } from "./migrations/read-migrations.ts";
import { noticeOnce } from "./notice.ts";
import type { ResolvedOptions } from "./options.ts";
import { resolveServer } from "./server/resolve-server.ts";
import { describeTarget, onDatabase, type Target } from "./target/target.ts";
import { type TestDbHandle, testDbHandle } from "./test-db.ts";
import { type LeaseRequest, leaseUnit, reasonsInWords } from "./unit/lease.ts";
import type { OpenUnit } from "./unit/unit.ts";
import { unitFailure } from "./unit/unit-failure.ts";

/** A unit that was handed out, and what it was made from. */
export interface Opened<Db, Client> {
  readonly testDb: TestDbHandle<Db, Client>;
  readonly open: OpenUnit<Context<Db, Client>>;
  /** The database that was named. */
  readonly named: Target;
}

/** Makes a unit and hands it out. */
export const openTestDb = async <Db, Client>(
  options: ResolvedOptions<Context<Db, Client>>,
  driver: Driver<Context<Db, Client>>,
): Promise<TestDbHandle<Db, Client>> => (await openUnit(options, driver)).testDb;

/** @param part - what of the folder's migrations the unit is to hold. `@default` all of them */
export async function openUnit<Db, Client>(
  options: ResolvedOptions<Context<Db, Client>>,
  driver: Driver<Context<Db, Client>>,
  part?: Migrations,
): Promise<Opened<Db, Client>> {
  const phases = new Phases();
  assertIntegrationEnabled(options.flag);
  if (areReplaced()) await assertTimersRun("withTestDb()");
  const migrations = part ?? readMigrations(options.migrationsFolder);
  const recipeKey = recipeKeyOf(migrations, options);
  phases.end("migrations");
  const target = await resolveServer(options);
  phases.end("server");

  const { prepare, seed, deadline, isolation, migrationsFolder } = options;
  const name = homeName(recipeKey, target, isolation);
  const home = onDatabase(target, name);
  const control = openControl(home, deadline);
  const ensure = (): Promise<void> => {
    const recipe = { migrations, prepare, seed, driver };
    const madeFor = { folder: folderKey(migrations, target), beside: databaseKey(target) };
    return ensureHome({ target, name, madeFor, recipe, isolation, deadline });
  };
  const shake = options.shake ? (await import("./unit/shake.ts")).shakeOf(options.shake) : undefined;
  const lease: LeaseRequest<Context<Db, Client>> = { home, control, driver, options, settings: shake?.settings };
  try {
    let open = await leaseUnit(lease);
    phases.end("lease");
    // once as a rule; again where what was built turns out to need databases, or was dropped
    for (let attempt = 1; !open && attempt <= 3; attempt++) {
      await ensure();
      phases.end("home");
      open = await leaseUnit(lease);
      phases.end("lease");
    }
    if (!open) throw homeVanished(name);
    const { unit, reasons, sweepIsDue } = open;
    if (reasons.length > 0)
      noticeOnce(`${migrationsFolder} gets a database instead of a schema: ${reasonsInWords(reasons)}`);
    if (sweepIsDue) sweepInBackground(home);
    const testDb = testDbHandle(control, driver, open, options, ensure, shake);
    if (shake) {
      await shake.apply(control, unit).catch(async (error: unknown) => {
        await testDb.dispose().catch(() => {});
        throw error;
      });
      phases.end("shake");
    }
    publish({ type: "created", name: unit.name, isolation: unit.isolation, phases: phases.taken });
    return { testDb, open, named: target };
  } catch (error) {
    control.release();
    throw unitFailure(`No unit could be made in ${describeTarget(home)}`, home, error);
  }
}

const homeVanished = (name: string): TestDbError =>
  new TestDbError("UNIT_FAILED", {
    what: `The database ${name} was dropped between its building and its use`,
    next: "run it again",
  });
