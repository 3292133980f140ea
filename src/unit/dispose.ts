/** Disposes of a unit: closes its client, and gives the unit back to the pool, leaves it, or drops it. */
import type { Control } from "../control/control.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import { giveUpUnit, unitGone } from "./give-up.ts";
import type { Failure } from "./keep.ts";
import { leaveToPool, returning } from "./pool.ts";
import type { OpenUnit, Unit } from "./unit.ts";

/** How long queries under way may take to end by themselves when their unit is disposed of, in milliseconds. */
const GRACE = 100;
/** The same once the unit was given back: the proof runs on one of the client's connections, and dispose() does not wait for it. */
const GRACE_OF_PROOF = 2_000;

/**
 * @throws TestDbError `UNIT_GONE`, `DISPOSE_FAILED`
 */
export async function disposeUnit(
  control: Control,
  { unit, connection }: Pick<OpenUnit<unknown>, "unit" | "connection">,
  { keep, reuse, failure }: { readonly keep: boolean; readonly reuse: boolean; readonly failure: Failure | undefined },
): Promise<void> {
  const isKept = keep || failure !== undefined;
  const pooled = !isKept && reuse ? returning(unit.name) : undefined;
  const found =
    pooled && unit.isolation === "schema" ? await leaveToPool(control, pooled, connection, GRACE) : undefined;
  if (found) {
    // the client refuses new queries from now on
    connection.close(GRACE_OF_PROOF).catch(() => {});
    return;
  }
  const failures: unknown[] = found === false ? [unitGone(unit)] : [];
  // each step is tried, also after another one failed, and all failures are reported
  const attempt = (step: Promise<void>): Promise<unknown> => step.catch((error: unknown) => failures.push(error));
  await attempt(connection.close(pooled && unit.isolation === "schema" ? 0 : GRACE));
  if (found === undefined)
    await attempt(isKept ? kept(control, unit, keep ? undefined : failure) : giveUpUnit(control, unit, pooled));
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0];
  throw new TestDbError("DISPOSE_FAILED", {
    what: `The ${unit.isolation} ${unit.name} could not be disposed of cleanly`,
    why: failures.map(wordsOf).join("\n"),
    cause: new AggregateError(failures),
  });
}

/** What is rarely needed is loaded when it is. */
async function kept(control: Control, unit: Unit, failure: Failure | undefined): Promise<void> {
  const { keepUnit } = await import("./keep.ts");
  await keepUnit(control, unit, failure);
}
