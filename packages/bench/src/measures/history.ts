/** Whether a warm life feels how long the history of the migrations is. */
import type { Bench, Scene } from "../bench.ts";
import { about } from "../finding.ts";
import { interleave } from "../interleave.ts";
import { startWarmWorker } from "../warm-worker.ts";

export async function measureHistory(bench: Bench, { large, largeShort }: Scene): Promise<void> {
  const workers = { long: await startWarmWorker(["ours"], large), short: await startWarmWorker(["ours"], largeShort) };
  const samples = await interleave(["long", "short"], bench.effort(40, 10), async (name) => {
    const stage = name === "long" ? large : largeShort;
    const life = await workers[name].call("live", "ours", stage.place);
    await stage.server.settle();
    return life.total;
  });
  await Promise.all(Object.values(workers).map((worker) => worker.end()));
  const labels = {
    long: `${large.place.project.migrations} migrations`,
    short: `${largeShort.place.project.migrations} migrations`,
  };
  bench.found({ measure: "history", ...about(large), unit: "ms", samples, labels });
}
