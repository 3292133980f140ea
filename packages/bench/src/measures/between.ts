/** Between tests: `reset()` against emptying everything, and what `rollback()` adds in round trips. */

import type { Bench } from "../bench.ts";
import { WAYS, type Way } from "../between-tests.ts";
import { about } from "../finding.ts";
import { interleave } from "../interleave.ts";
import type { Stage } from "../stage.ts";
import { startWorker } from "../worker-process.ts";

export async function measureBetween(bench: Bench, stage: Stage): Promise<void> {
  const { server, place } = stage;
  // emptying everything takes the migrations' rows away, which others ask for
  const shared = await server.createDatabase("emptied", new URL(place.url.template).pathname.slice(1));
  const worker = startWorker();
  await worker.call("openBetween", { ...place, url: { ...place.url, shared: server.url(shared) } });
  const ways = Object.keys(WAYS) as Way[];
  await worker.call("between", "reset");
  const samples = await interleave(ways, bench.effort(25, 12), (way) => worker.call("between", way));
  await worker.call("closeBetween");
  bench.found({
    measure: "between",
    part: "back to the beginning",
    ...about(stage),
    unit: "ms",
    samples,
    labels: WAYS,
  });
  await worker.end();
  await server.dropDatabase(shared);
}

export async function measureRollback(bench: Bench, stage: Stage): Promise<void> {
  const worker = startWorker();
  const { own, within } = await worker.call("roundTrips", stage.place);
  await worker.end();
  bench.found({
    ...{ measure: "between", part: "`rollback(fn)`", ...about(stage), unit: "round trips" },
    samples: { own, within },
    labels: { own: "`fn` by itself", within: "`rollback(fn)`" },
  });
}
