/**
 * Drops what dead processes left in our homes on a server, and homes that nobody needs. A name proves nothing: a record does,
 * or the mark of a database that is ours. Every candidate is looked at again under its lock before it is dropped, each in a
 * transaction of its own, so that a large sweep fits a small lock table. What can't be dropped keeps no other candidate from it.
 */
import { IMPATIENT } from "../connections/pinned-settings.ts";
import { openSession, type Session } from "../connections/session.ts";
import { DEADLINE } from "../connections/waiting.ts";
import { type TestDbError, wordsOf } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { failure } from "../sql/failure.ts";
import { isAllGone, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { inHomes } from "./homes.ts";
import { sweepHomes } from "./sweep-homes.ts";
import { sweepUnits } from "./sweep-units.ts";
import { beginSweep, concerning, type SweepOptions, type Swept } from "./sweeping.ts";

/**
 * Sweeps every home on the server, from whatever database the session is in.
 *
 * @throws TestDbError `SWEEP_FAILED` where the sweep could not be done at all, or not to its end
 */
export async function sweep(session: Session, options: SweepOptions = {}): Promise<Swept> {
  const sweeping = beginSweep(session, options);
  try {
    await inHomes(session, (home, database) => sweepUnits({ ...concerning(sweeping, database), session: home }));
    await sweepHomes(sweeping);
  } catch (error) {
    throw sweepError(session.target, error);
  }
  // no more than that: it may be printed, and the session's target has a password
  const { units, databases, records, failures } = sweeping;
  return { units, databases, records, failures };
}

/** A session for sweeping: it waits for no lock for long. */
export const openSweepSession = (target: Target, deadline: number = DEADLINE): Promise<Session> =>
  openSession(target, IMPATIENT, { reconnects: false, deadline });

/** The sweep at the start of a run: it never fails a test. Nothing is swept where a sweep began within half a minute. */
export function sweepInBackground(home: Target): void {
  sweepIfDue(home).catch((error: unknown) => {
    if (!isAllGone(error)) noticeOnce(`a failure in the background: ${wordsOf(error)}`);
  });
}

async function sweepIfDue(home: Target): Promise<void> {
  // without waiting for a connection: on a full server a suite needs it more
  const session = await openSweepSession(home, 0).catch(() => undefined);
  if (!session) return;
  try {
    const due = await session.rows(
      "update with_test_db.home set swept_at = now() where swept_at < now() - interval '30 seconds' returning 1 as due",
    );
    if (due.length === 0) return;
    const sweeping = beginSweep(session, {});
    await sweepUnits(sweeping);
    await sweepHomes(sweeping);
    const { failures } = sweeping;
    for (const { name, why } of failures) noticeOnce(`the sweep could not drop ${name}: ${why}`);
  } finally {
    await session.close();
  }
}

function sweepError(target: Target, error: unknown): TestDbError {
  const isLocked = postgresError(error)?.code === SQLSTATE.lockNotAvailable;
  const what = `The sweep of ${describeTarget(target)} came to no end`;
  const next = isLocked ? "see who holds a lock on the tables of the schema with_test_db, in pg_locks" : "run it again";
  return failure("SWEEP_FAILED", { what, next }, error);
}
