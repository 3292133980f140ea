/** What came of something that is expected to fail: an error as it is, a promise or a query when it settled, a function when it was called. */
import { TestDbError } from "../errors.ts";

/** What may have failed, or will: a query of Drizzle's is a promise, too. */
export type Attempt = Error | PromiseLike<unknown> | (() => unknown);

/** What was thrown; undefined where nothing was. */
export interface Failed {
  readonly thrown: unknown;
}

/** @throws TestDbError `OPTION_INVALID` for what can't fail */
export async function failureOf(received: unknown): Promise<Failed | undefined> {
  if (isError(received)) return { thrown: received };
  if (typeof received !== "function" && !isThenable(received)) throw notAnAttempt(received);
  try {
    await (typeof received === "function" ? received() : received);
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** Also one of another context: jest's environment throws these. */
const isError = (value: unknown): boolean =>
  value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

const notAnAttempt = (received: unknown): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `An assertion on a database error was given ${received === null ? "null" : `a value of the type ${typeof received}`}`,
    why: "it takes an error, a promise, a query, or a function that returns one",
    next: "await expect(db.insert(users).values(user)).toViolateUnique()",
  });
