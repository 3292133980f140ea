/** What `expect.extend()` is given: the same in vitest, jest and bun, which call `message` as a plain function. */
import type { Check } from "./check.ts";
import { MATCHERS } from "./matchers.ts";

/** A matcher as a runner takes it. */
// biome-ignore lint/suspicious/noExplicitAny: the runners' own type of what a matcher is given
type Matcher = (received: unknown, ...args: any[]) => Promise<{ pass: boolean; message: () => string }>;

export const EXTENSION: Record<string, Matcher> = Object.fromEntries(
  Object.entries(MATCHERS).map(([name, check]): [string, Matcher] => [
    name,
    matcher(name, check as Check<unknown, unknown[]>),
  ]),
);

function matcher(name: string, check: Check<unknown, unknown[]>): Matcher {
  const named: Matcher = async (received, ...args) => {
    const outcome = await check(received, ...args);
    return { ...outcome, message: () => outcome.message() };
  };
  // bun shows it
  return Object.defineProperty(named, "name", { value: name });
}
