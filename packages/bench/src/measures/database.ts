/** A suite's whole life in a database of its own: a warm one of ours, against a bare connection, and against clones. */
import type { Bench } from "../bench.ts";
import type { ContenderName } from "../contenders/index.ts";
import { about, labelsOf } from "../finding.ts";
import { interleave } from "../interleave.ts";
import type { Stage } from "../stage.ts";
import { startWarmWorker } from "../warm-worker.ts";

const NAMES = ["bare", "oursDatabase", "templateFileCopy", "template"] as const satisfies ContenderName[];

export async function measureDatabase(bench: Bench, stage: Stage): Promise<void> {
  const worker = await startWarmWorker(NAMES, stage);
  const samples = await interleave(NAMES, bench.effort(30, 20), async (name) => {
    const life = await worker.call("live", name, stage.place);
    await stage.server.settle();
    return life.total;
  });
  await worker.end();
  bench.found({ measure: "database", ...about(stage), unit: "ms", samples, labels: labelsOf(NAMES) });
}
