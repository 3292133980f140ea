/** Lives a second, with several processes for each core that live one after another without a pause. */
import { availableParallelism } from "node:os";
import type { Bench } from "../bench.ts";
import type { Place } from "../contender.ts";
import type { ContenderName } from "../contenders/index.ts";
import { about, labelsOf } from "../finding.ts";
import { interleave } from "../interleave.ts";
import type { Stage } from "../stage.ts";
import { startWarmWorker } from "../warm-worker.ts";
import type { Worker } from "../worker-process.ts";

const NAMES = ["bare", "ours", "templateFileCopy", "template"] as const satisfies ContenderName[];
/** How many processes a core, and in how many rounds: the more of them, the more a rate depends on whose turn it is. */
const ROUNDS = new Map([
  [1, 3],
  [2, 3],
  [4, 5],
]);
/** More would be a measure of a server that most suites don't have. */
const MOST_CORES = 4;
const SECONDS = 2;

export async function measureThroughput(bench: Bench, stage: Stage): Promise<void> {
  const cores = Math.min(availableParallelism(), MOST_CORES);
  const seconds = bench.quick ? 1 : SECONDS;
  const most = cores * Math.max(...ROUNDS.keys());
  const workers = await Promise.all(Array.from({ length: most }, () => startWarmWorker(NAMES, stage, 1)));
  // the pool becomes as deep as its callers are many
  for (const name of NAMES) await livesASecond(workers, name, stage.place, 1);
  for (const [perCore, rounds] of ROUNDS) {
    const some = workers.slice(0, cores * perCore);
    const samples = await interleave(
      NAMES,
      { rounds: bench.quick ? 2 : rounds, seconds: 60, atLeast: 2 },
      async (name) => {
        await stage.server.settle();
        return await livesASecond(some, name, stage.place, seconds);
      },
    );
    const part = `${some.length} processes, ${perCore} a core, ${seconds} s each`;
    bench.found({ measure: "throughput", part, ...about(stage), unit: "a second", samples, labels: labelsOf(NAMES) });
  }
  await Promise.all(workers.map((worker) => worker.end()));
}

async function livesASecond(
  workers: readonly Worker[],
  name: ContenderName,
  place: Place,
  seconds: number,
): Promise<number> {
  const lived = await Promise.all(workers.map((worker) => worker.call("liveFor", name, place, seconds * 1000)));
  return lived.reduce((sum, { lives, ms }) => sum + (lives / ms) * 1000, 0);
}
