/** The first life of a process, which is what a runner makes that gives each file modules of its own. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Bench } from "../bench.ts";
import type { ContenderName } from "../contenders/index.ts";
import { about, labelsOf } from "../finding.ts";
import { interleave } from "../interleave.ts";
import { PhaseMedians } from "../phase-medians.ts";
import type { Stage } from "../stage.ts";
import { startWarmWorker } from "../warm-worker.ts";
import type { Life } from "../worker.ts";
import { startWorker } from "../worker-process.ts";

const FRESH = ["bare", "shared", "ours"] as const satisfies ContenderName[];
/** How long a module may go on loading by itself what it needs, in milliseconds. */
export const LOADED = 100;

export async function measureFirst(bench: Bench, stage: Stage): Promise<void> {
  await (await startWarmWorker(["ours"], stage)).end();
  const phases = new PhaseMedians();
  const processes: Record<(typeof FRESH)[number], number[]> = { bare: [], shared: [], ours: [] };
  const atOnce: typeof processes = { bare: [], shared: [], ours: [] };
  const firstLife = async (name: ContenderName, pause: number): Promise<{ life: Life; lived: number }> => {
    await stage.server.settle();
    const worker = startWorker();
    await worker.call("open", name, stage.place);
    if (pause > 0) await sleep(pause);
    const life = await worker.call("live", name, stage.place);
    return { life, lived: await worker.end() };
  };
  const samples = await interleave(FRESH, bench.effort(25, 25), async (name) => {
    const hurried = await firstLife(name, 0);
    atOnce[name].push(hurried.life.total);
    processes[name].push(hurried.lived);
    const { life } = await firstLife(name, LOADED);
    if (name === "ours") phases.add(life);
    return life.total;
  });
  const finding = { measure: "first", ...about(stage), unit: "ms", labels: labelsOf(FRESH) } as const;
  bench.found({ ...finding, samples, phases: phases.medians() });
  bench.found({ ...finding, part: "begun at once, while modules are still being loaded", samples: atOnce });
  bench.found({ ...finding, part: "the whole process: start, imports, the call, its end", samples: processes });
}
