/** A quick runner, and the command itself where the quick one does not do what the command does. */
import { NOTHING, type Runner } from "./ask-tests.ts";

/**
 * Takes the other runner from then on where the first one cannot be started, or where a file fails in it without any alteration: by the
 * command the file has passed.
 */
export function withFallback(first: Runner, otherwise: Runner): Runner {
  let runner = first;
  return {
    async run(file, replacement, limit) {
      try {
        const run = await runner.run(file, replacement, limit);
        if (run.hasPassed || replacement !== NOTHING || runner === otherwise) return run;
      } catch (error) {
        if (runner === otherwise) throw error;
      }
      await runner.close();
      runner = otherwise;
      return runner.run(file, replacement, limit);
    },
    close: () => runner.close(),
  };
}
