/** What each process of a proven test command loads first, by `NODE_OPTIONS=--import`; outside of a proof it does nothing. */
import { type Note, PROVE, readWork, type Where, type Work, writeNote } from "./prove/work.ts";
import { alterer } from "./prove/worker/alter.ts";
import type { Before } from "./prove/worker/asked.ts";
import { comparer } from "./prove/worker/compare.ts";
import { currentTest, type JestRuntime } from "./prove/worker/current-test.ts";
import { interceptLoaded, interceptor } from "./prove/worker/drivers.ts";
import { interceptJest } from "./prove/worker/jest.ts";
import { recorder } from "./prove/worker/record.ts";
import { capturing } from "./queries/capturing.ts";
import { CAPTURING } from "./uncaptured.ts";

const { [PROVE]: folder } = process.env;
if (folder) await begin(folder);

async function begin(folder: string): Promise<void> {
  const work = readWork(folder);
  const isOurs = (): boolean => capturing().context.getStore() === null;
  let jest: JestRuntime | undefined;
  const before = beforeOf(
    work,
    (note) => writeNote(folder, note),
    () => currentTest(jest),
    isOurs,
  );
  const intercept = interceptor(before, isOurs);
  interceptJest(intercept, (runtime) => {
    jest = runtime;
    // the library's copy in there says by this what is its own
    Object.assign(runtime._environment?.global ?? {}, { [CAPTURING]: capturing() });
  });
  await interceptLoaded(work.places, before, intercept);
}

function beforeOf(work: Work, note: (note: Note) => void, where: () => Where, isOurs: () => boolean): Before {
  if (work.mode === "record") return recorder(note, where, isOurs);
  if (work.mode === "compare") return comparer(work.queries, note, where, isOurs);
  return alterer(work.alteration, note, isOurs);
}
