/** A process that has had lives of each of some contenders: the first one makes what later ones find. */
import type { ContenderName } from "./contenders/index.ts";
import type { Stage } from "./stage.ts";
import { startWorker, type Worker } from "./worker-process.ts";

/** Three lives by default, in which V8 compiles what they run. */
export async function startWarmWorker(
  names: readonly ContenderName[],
  { place, server }: Stage,
  lives = 3,
): Promise<Worker> {
  const worker = startWorker({ quiet: true });
  for (const name of names) {
    await worker.call("open", name, place);
    for (let n = 0; n < lives; n++) {
      await worker.call("live", name, place);
      await server.settle();
    }
  }
  return worker;
}
