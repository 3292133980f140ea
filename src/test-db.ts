/** What a call hands out: a typed database bound to its unit, and the way to get rid of both. */
import type { Control } from "./control/control.ts";
import type { Connection, Context } from "./drivers/driver.ts";
import { TestDbError, wordsOf } from "./errors.ts";
import { Phases, publish } from "./events.ts";
import type { Isolation } from "./options.ts";
import type { Farewell } from "./postgres/unit-socket.ts";
import { targetUrl } from "./target/connection-url.ts";
import { giveUpUnit, keepUnit } from "./unit/give-up.ts";
import { leaveToPool } from "./unit/pool.ts";
import { resetUnit } from "./unit/reset.ts";
import { rolledBack } from "./unit/rollback.ts";
import type { OpenUnit, Unit } from "./unit/unit.ts";

/** A unit in use. */
export interface TestDbHandle<Db, Client> {
  /** Drizzle's database, typed by your schema, bound to the unit. */
  readonly db: Db;
  /** The client under `db`. */
  readonly client: Client;
  /** The unit's schema. Null where the unit is a database: what is in it is in the schemas that the migrations name. */
  readonly schemaName: string | null;
  /** The database that holds the schema; the unit itself where it is a database. */
  readonly databaseName: string;
  /** Whether the unit is a schema or a database. */
  readonly isolation: Isolation;
  /** A URL bound to the unit: for the application under test, psql or Drizzle Studio. It holds the password. */
  readonly url: string;
  /**
   * Brings the unit back to what the migrations left: rows, sequences and, if a test changed it, the schema itself. Its
   * name stays, and so do its connections where it is a schema; those to a database end, with what they were doing.
   *
   * @throws TestDbError `RESET_FAILED`, most likely because a transaction is still open
   */
  reset(): Promise<void>;
  /**
   * Runs `use` with a `db` in a transaction that is rolled back; nested `transaction()` calls become savepoints.
   * What cannot work there: another connection does not see the rows, `now()` stands still, deferred constraints are
   * not checked at the end, sequences keep their values, and a `COMMIT` of your own is an error.
   *
   * @returns what `use` returns
   * @throws TestDbError `ROLLBACK_FAILED` where `use` ended the transaction itself; and whatever `use` throws
   */
  rollback<Result>(use: (db: Db) => Promise<Result>): Promise<Result>;
  /**
   * Closes every connection and gives the unit up. Can be called twice, and while queries run: they fail.
   *
   * @throws TestDbError `UNIT_GONE` where somebody dropped the unit before, `DISPOSE_FAILED` where it can't be dropped
   */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long queries under way may take to end by themselves when their unit is disposed of, in milliseconds. */
const GRACE = 100;

/** The handle for a unit and a connection to it. */
export function testDbHandle<Db, Client>(
  control: Control,
  { unit, connection }: OpenUnit<Context<Db, Client>>,
  { keep, reuse }: { readonly keep: boolean; readonly reuse: boolean },
): TestDbHandle<Db, Client> {
  let disposed: Promise<void> | undefined;
  const dispose = (): Promise<void> => (disposed ??= disposeOf(control, unit, connection, keep, reuse));
  return {
    db: connection.context.db,
    client: connection.context.client,
    schemaName: unit.isolation === "schema" ? unit.name : null,
    databaseName: unit.target.database,
    isolation: unit.isolation,
    url: targetUrl(unit.target, unit.settings),
    reset: () => resetUnit(control, unit),
    rollback: (use) => rolledBack(connection.context.db, use),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/**
 * Both steps are tried, whatever becomes of the other; what failed is reported together. A unit that goes to the pool is
 * only renamed at first, which takes no turns with closing, and can be done by its own last connection.
 */
async function disposeOf(
  control: Control,
  unit: Unit,
  connection: Connection<unknown>,
  keep: boolean,
  reuse: boolean,
): Promise<void> {
  const phases = new Phases();
  const isPooled = !keep && reuse && unit.isolation === "schema";
  const isLeft = isPooled && !control.now;
  const close = (farewell?: Farewell) => connection.close(GRACE, farewell);
  const closing = isLeft ? leaveToPool(control, unit.name, close) : close().then(() => false);
  const givingUp = async (): Promise<void> => {
    const isDone = isPooled && !isLeft ? false : await closing.catch(() => false);
    if (!isDone) await (keep ? keepUnit(control, unit) : giveUpUnit(control, unit, reuse));
  };
  const steps = await Promise.allSettled([closing, givingUp()]);
  const failures = steps.flatMap((step) => (step.status === "rejected" ? [step.reason as unknown] : []));
  control.release();
  phases.end("dispose");
  publish({ type: "disposed", name: unit.name, isolation: unit.isolation, phases: phases.taken });
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0];
  throw new TestDbError("DISPOSE_FAILED", {
    what: `The ${unit.isolation} ${unit.name} could not be disposed of cleanly`,
    why: failures.map(wordsOf).join("\n"),
    cause: new AggregateError(failures),
  });
}
