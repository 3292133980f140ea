/** A suite's whole life in all the ways there are. */
import type { Bench } from "../bench.ts";
import type { ContenderName } from "../contenders/index.ts";
import { about, labelsOf } from "../finding.ts";
import { interleave } from "../interleave.ts";
import type { Stage } from "../stage.ts";
import { startWarmWorker } from "../warm-worker.ts";

const ANY = ["ours", "templateFileCopy", "template", "migrateDatabase"] as const satisfies ContenderName[];
/** And those that not every project or machine can do. */
export const MANY: readonly ContenderName[] = [...ANY, "migrateSchema"];

export async function measureLives(bench: Bench, stage: Stage, all: readonly ContenderName[] = ANY): Promise<void> {
  const { place, server } = stage;
  const worker = await startWarmWorker(all, stage, bench.quick ? 1 : 2);
  const samples = await interleave(all, bench.effort(12, place.project.tables > 50 ? 25 : 15), async (name) => {
    const life = await worker.call("live", name, place);
    await server.settle();
    return life.total;
  });
  await worker.end();
  bench.found({ measure: "lives", ...about(stage), unit: "ms", samples, labels: labelsOf(all) });
}

/** PGlite is the same on any server, since it uses none; its process is its own, because it takes half a gigabyte. */
export async function measurePglite(bench: Bench, stage: Stage): Promise<void> {
  const worker = await startWarmWorker(["pglite"], stage, bench.quick ? 0 : 1);
  const samples = await interleave(["pglite"], bench.effort(3, 10, 3), async (name) => {
    return (await worker.call("live", name, stage.place)).total;
  });
  await worker.end();
  bench.found({
    ...{ measure: "lives", part: "PGlite", ...about(stage), unit: "ms", samples, labels: labelsOf(["pglite"]) },
  });
}
