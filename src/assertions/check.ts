/** The one form of an assertion: what a runner's matcher and a function that throws are both made of, so that they say the same. */
import { AssertionError } from "node:assert";

/** What a check found. */
export interface Outcome {
  /** Whether what was received is as the check's name says. */
  readonly pass: boolean;
  /** Why the assertion fails: where `pass` is false why it is not so, where `pass` is true what was not to be so. */
  message(): string;
  /** What came, for a runner's diff with `expected`. Both are left out where the message says all. */
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** Compares what was received with what is expected of it. Throws only where it is used wrongly. */
export type Check<Received, Args extends readonly unknown[]> = (
  received: Received,
  ...args: Args
) => Outcome | Promise<Outcome>;

/**
 * The function that asserts what a check finds.
 *
 * @throws AssertionError node's, with the check's name as its `operator`
 *
 * @example
 * ```ts
 * export const assertRunsAtMost = asserting(runsAtMost);
 * ```
 */
export const asserting =
  <Received, Args extends readonly unknown[]>(
    check: Check<Received, Args>,
  ): ((received: Received, ...args: Args) => Promise<void>) =>
  async (received, ...args) => {
    const outcome = await check(received, ...args);
    if (outcome.pass) return;
    const { actual, expected } = outcome;
    const compared = actual === undefined && expected === undefined ? {} : { actual, expected };
    throw new AssertionError({ message: outcome.message(), operator: check.name, ...compared });
  };
