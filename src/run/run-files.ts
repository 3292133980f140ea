/** Runs something for each of several files, so many at once, in their order, until it is told to stop. */

/**
 * @param run - what is done for a file; where that throws, no other begins
 * @returns the results of those that were run, in the order of the files; and what was thrown first
 */
export async function runFiles<Result>(
  files: readonly string[],
  jobs: number,
  run: (file: string) => Promise<Result>,
  isStopped: () => boolean,
): Promise<{ readonly results: Result[]; readonly failure: unknown }> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const queue = files.entries();
  const worker = async (): Promise<void> => {
    for (const [place, file] of queue) {
      if (isStopped() || failures.length > 0) return;
      await run(file).then(
        (result) => (results[place] = result),
        (error: unknown) => failures.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  // those that were not run are holes
  return { results: results.flat(0) as Result[], failure: failures[0] };
}
