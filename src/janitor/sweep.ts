/**
 * Drops what dead processes left. A name is no proof that something is ours: a record is, or for a database that has lost
 * its record, the mark it bears. Every candidate is looked at again under its lock before it goes, each in a transaction
 * of its own, so that a large sweep fits a small lock table. What can't be dropped keeps nothing else from it.
 */

import { IMPATIENT } from "../connections/pinned-settings.ts";
import { openSession, type Session } from "../connections/session.ts";
import type { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { sweepBlueprints } from "./sweep-blueprints.ts";
import { sweepMarked } from "./sweep-marked.ts";
import { sweepSchemas, sweepUnitDatabases } from "./sweep-units.ts";
import type { Ages, Sweeping } from "./sweeping.ts";

export interface SweepOptions {
  /** Report only. */
  readonly dryRun?: boolean;
  /** How old something must be at least, in seconds. `@default 60` */
  readonly minAge?: number;
  /** How long a free unit waits for its next user, in seconds. `@default 3600` */
  readonly freeAge?: number;
  /** How long a blueprint waits for its next use, in seconds. `@default 604800`, a week */
  readonly blueprintAge?: number;
  /**
   * How long after the first look a unit that seems to be left is looked at again, in milliseconds. `@default 0`
   */
  readonly secondLookAfter?: number;
}

/** What was really dropped; with `dryRun`, what would be. */
export interface Swept {
  readonly units: readonly string[];
  readonly databases: readonly string[];
  /** Records of things that somebody else had dropped. */
  readonly records: readonly string[];
  /** What was to be dropped, and could not be. It stays for the next sweep. */
  readonly failures: readonly { readonly name: string; readonly why: string }[];
}

/** Where the server was full, a holder that is alive has shown its lock by then. In milliseconds. */
export const SECOND_LOOK_AFTER = 1_000;

const DEFAULTS: Ages = { minAge: 60, freeAge: 3600, blueprintAge: 7 * 24 * 3600, secondLookAfter: 0 };

/** A session for sweeping: it waits for no lock for long. */
export const openSweepSession = (target: Target, deadline?: number): Promise<Session> =>
  openSession(target, IMPATIENT, { reconnects: false, ...(deadline === undefined ? {} : { deadline }) });

/**
 * Sweeps the session's database, and databases of ours on its server whose own target is gone.
 *
 * @throws TestDbError `SWEEP_FAILED` where it could not be done at all, or not to its end
 */
export async function sweep(session: Session, { dryRun = false, ...ages }: SweepOptions = {}): Promise<Swept> {
  const swept = { units: [], databases: [], records: [], failures: [] };
  const sweeping: Sweeping = { ...DEFAULTS, ...ages, session, dryRun, ...swept };
  try {
    const [control] = await session.rows<{ there: boolean }>(
      "select to_regclass('with_test_db.unit') is not null as there",
    );
    if (control?.there) {
      await sweepSchemas(sweeping);
      await sweepUnitDatabases(sweeping);
      await sweepBlueprints(sweeping);
    }
    await sweepMarked(sweeping, control?.there === true);
  } catch (error) {
    throw sweepError(session.target, error);
  }
  return swept;
}

function sweepError(target: Target, error: unknown): TestDbError {
  const isLocked = postgresError(error)?.code === SQLSTATE.lockNotAvailable;
  const what = `The sweep of ${describeTarget(target)} came to no end`;
  const next = isLocked ? "see who holds a lock on the tables of the schema with_test_db, in pg_locks" : "run it again";
  return failure("SWEEP_FAILED", { what, next }, error);
}
