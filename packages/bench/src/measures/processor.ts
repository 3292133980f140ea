/**
 * The processor time of a warm life, on both sides: of the process that lives it, and of all the server's processes. A
 * life's time is over when the server has come to rest, so that what was left for the background is in it. What the same
 * takes without the life is subtracted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "simple-statistics";
import type { Bench } from "../bench.ts";
import type { ContenderName } from "../contenders/index.ts";
import { about, type Finding, labelsOf } from "../finding.ts";
import { type Effort, interleave, type Rounds } from "../interleave.ts";
import type { Server } from "../server.ts";
import type { Stage } from "../stage.ts";
import { startWarmWorker } from "../warm-worker.ts";
import { startWorker, type Worker } from "../worker-process.ts";
import { LOADED } from "./first.ts";

const ANY = ["bare", "ours", "templateFileCopy", "template"] as const satisfies ContenderName[];
/** How many lives a sample is made of: the kernel says the server's time to 10 ms. */
const LIVES = 10;
/** Of `migrate()`, which takes ten times as long. */
const SLOW_LIVES = 2;
const FRESH_PROCESSES = 5;

/** A contender's life, or nothing instead. */
type Name = ContenderName | "nothing";
const liveOrNot = async (worker: Worker, name: Name, { place, server }: Stage): Promise<void> => {
  await (name === "nothing" ? worker.call("nothing") : worker.call("live", name, place));
  await server.settle();
};

export async function measureProcessor(bench: Bench, stage: Stage, more: readonly ContenderName[] = []): Promise<void> {
  const { processorTime } = stage.server;
  if (!processorTime)
    return bench.leaveOut(
      "Processor time",
      "it is read from /proc, and so needs Linux and a server that is started for the run",
    );
  const finding = { measure: "processor", ...about(stage), unit: "ms" } as const;
  const names = [...ANY, ...more];
  const [lives, processes] = bench.quick ? [5, 3] : [LIVES, FRESH_PROCESSES];
  // each has a process to itself: what one leaves for the garbage collector is no time of another's
  const workers: Partial<Record<Name, Worker>> = { nothing: startWorker() };
  for (const name of names) workers[name] = await startWarmWorker([name], stage);
  const later = await costs(names, bench.effort(12, 25), (name) => {
    const times = name === "migrateSchema" ? SLOW_LIVES : lives;
    return costOfLater(stage, processorTime, workers[name] as Worker, name, times);
  });
  await Promise.all(Object.values(workers).map((worker) => worker.end()));
  const first = await costs(ANY, bench.effort(10, 30), (name) => costOfFirst(stage, processorTime, name, processes));
  const [partOfFirst, partOfLater] = [`first life of ${processes} processes a round`, `${lives} later lives a round`];
  bench.found({ ...finding, part: partOfFirst, ...first, labels: labelsOf(ANY) });
  bench.found({ ...finding, part: partOfLater, ...later, labels: labelsOf(names) });
}

/** Milliseconds a life. */
interface Cost {
  readonly client: number;
  readonly server: number;
}

async function costs(
  names: readonly ContenderName[],
  effort: Effort,
  sample: (name: Name) => Promise<Cost>,
): Promise<Required<Pick<Finding, "samples" | "shares">>> {
  const taken: Record<string, Cost[]> = {};
  await interleave<Name>(["nothing", ...names], effort, async (name) => {
    const cost = await sample(name);
    taken[name] = [...(taken[name] ?? []), cost];
    return cost.client + cost.server;
  });
  const without = taken["nothing"] ?? [];
  const shareOf = (side: keyof Cost): Rounds => {
    const nothing = median(without.map((cost) => cost[side]));
    return Object.fromEntries(names.map((name) => [name, (taken[name] ?? []).map((cost) => cost[side] - nothing)]));
  };
  const shares = { client: shareOf("client"), server: shareOf("server") };
  const samples = Object.entries(shares.client).map(([name, client]) => {
    return [name, client.map((ms, round) => ms + (shares.server[name]?.[round] as number))] as const;
  });
  return { samples: Object.fromEntries(samples), shares };
}

async function costOfLater(
  stage: Stage,
  processorTime: NonNullable<Server["processorTime"]>,
  worker: Worker,
  name: Name,
  lives: number,
): Promise<Cost> {
  const before = { server: await processorTime(), client: await worker.call("processorTime") };
  for (let n = 0; n < lives; n++) await liveOrNot(worker, name, stage);
  const after = { server: await processorTime(), client: await worker.call("processorTime") };
  return { client: (after.client - before.client) / lives, server: (after.server - before.server) / lives };
}

/**
 * The client's time is read inside the process, around its life. The server's is read before the first life and after the
 * last process, so that what a process leaves open is in it to the end.
 */
async function costOfFirst(
  stage: Stage,
  processorTime: NonNullable<Server["processorTime"]>,
  name: Name,
  processes: number,
): Promise<Cost> {
  const workers = Array.from({ length: processes }, () => startWorker());
  const opened = name === "nothing" ? "bare" : name;
  await Promise.all(workers.map((worker) => worker.call("open", opened, stage.place)));
  await sleep(LOADED);
  const before = await processorTime();
  let client = 0;
  for (const worker of workers) {
    const own = await worker.call("processorTime");
    await liveOrNot(worker, name, stage);
    client += (await worker.call("processorTime")) - own;
    await worker.end();
  }
  return { client: client / processes, server: ((await processorTime()) - before) / processes };
}
