/** The sweep at the start of a run: on a connection of its own, and it never fails a test. */
import { wordsOf } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { isConnectionLost } from "../sql/sqlstate.ts";
import type { Target } from "../target/target.ts";
import { openSweepSession, SECOND_LOOK_AFTER, sweep } from "./sweep.ts";

/** Sweeps, unless another process has begun to within the last half minute. */
export function sweepInBackground(target: Target): void {
  sweepIfDue(target).catch((error: unknown) => {
    if (!isConnectionLost(error)) noticeOnce(`a failure in the background: ${wordsOf(error)}`);
  });
}

async function sweepIfDue(target: Target): Promise<void> {
  // waits for no connection: a suite that does needs one more
  const session = await openSweepSession(target, 0).catch(() => undefined);
  if (!session) return;
  try {
    const due = await session.rows(
      "update with_test_db.sweep set last = now() where last < now() - interval '30 seconds' returning 1 as due",
    );
    if (due.length === 0) return;
    const { failures } = await sweep(session, { secondLookAfter: SECOND_LOOK_AFTER });
    for (const { name, why } of failures) noticeOnce(`the sweep could not drop ${name}: ${why}`);
  } finally {
    await session.close();
  }
}
