/** What a process holds after its imports and one warm call, over bare Drizzle and postgres.js after one query. */
import type { Bench } from "../bench.ts";
import { about } from "../finding.ts";
import { interleave } from "../interleave.ts";
import type { Stage } from "../stage.ts";
import { startWorker } from "../worker-process.ts";

export async function measureMemory(bench: Bench, stage: Stage): Promise<void> {
  const names = ["shared", "ours"] as const;
  const heap: Record<(typeof names)[number], number[]> = { shared: [], ours: [] };
  const sample = async (name: (typeof names)[number]): Promise<number> => {
    const worker = startWorker({ execArgv: ["--expose-gc"] });
    const memory = await worker.call("memory", name, stage.place);
    heap[name].push(memory.heap);
    await worker.end();
    await stage.server.settle();
    return memory.rss;
  };
  await sample("ours");
  heap.ours.length = 0;
  const samples = await interleave(names, bench.effort(8, 12), sample);
  const labels = { shared: "Drizzle and postgres.js, one query", ours: "**with-test-db**, one warm call" };
  bench.found({ measure: "memory", part: "resident", ...about(stage), unit: "MB", samples, labels });
  bench.found({
    measure: "memory",
    part: "heap, after collection",
    ...about(stage),
    unit: "MB",
    samples: heap,
    labels,
  });
}
