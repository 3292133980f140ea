/** A unit that lives as long as a function runs. */

/**
 * Runs `use` and disposes of the unit, whatever happens. What `use` threw is what is thrown; a failure to dispose is
 * added to it, never put in its place.
 */
export async function runScoped<T extends { dispose(): Promise<void> }, Result>(
  testDb: T,
  use: (testDb: T) => Result | Promise<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await use(testDb);
  } catch (error) {
    const failure = await testDb.dispose().then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (failure === undefined) throw error;
    throw new AggregateError([error, failure], error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  await testDb.dispose();
  return result;
}
