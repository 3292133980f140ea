/** A unit that lives as long as a function runs. */
import type { AfterTest } from "./test-db.ts";

/**
 * Runs `use` and disposes of the unit, whatever happens: of one that failed where `use` threw. What `use` threw is what is thrown; a failure to dispose is
 * added to it, never put in its place.
 */
export async function disposeAfter<T extends { dispose(after?: AfterTest): Promise<void> }, Result>(
  testDb: T,
  use: (testDb: T) => Result | Promise<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await use(testDb);
  } catch (error) {
    await testDb.dispose({ failed: true }).catch((failure: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      throw new AggregateError([error, failure], words, { cause: error });
    });
    throw error;
  }
  await testDb.dispose();
  return result;
}
