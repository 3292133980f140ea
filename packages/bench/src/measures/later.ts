/** The second and later lives of a process: each by itself, and many in a row. */
import type { Bench } from "../bench.ts";
import type { ContenderName } from "../contenders/index.ts";
import { about, labelsOf } from "../finding.ts";
import { interleave } from "../interleave.ts";
import { PhaseMedians } from "../phase-medians.ts";
import type { Stage } from "../stage.ts";
import { startWarmWorker } from "../warm-worker.ts";

const FAST = ["bare", "bareTuned", "shared", "ours"] as const satisfies ContenderName[];
const IN_A_ROW = 20;

export async function measureLater(bench: Bench, stage: Stage): Promise<void> {
  const worker = await startWarmWorker(FAST, stage);
  const { place, server } = stage;
  const phases = new PhaseMedians();
  const samples = await interleave(FAST, bench.effort(60, 10), async (name) => {
    const life = await worker.call("live", name, place);
    if (name === "ours") phases.add(life);
    await server.settle();
    return life.total;
  });
  bench.found({
    ...{ measure: "later", ...about(stage), unit: "ms", samples, labels: labelsOf(FAST), phases: phases.medians() },
  });
  const inARow = await interleave(["bare", "ours"], bench.effort(8, 8, 3), (name) =>
    worker.call("liveOn", name, place, IN_A_ROW),
  );
  const part = `${IN_A_ROW} in a row without a pause, each`;
  bench.found({
    ...{ measure: "later", part, ...about(stage), unit: "ms", samples: inARow, labels: labelsOf(["bare", "ours"]) },
  });
  await worker.end();
}
