/** A suite's whole life: in a process that has had others, in a fresh one, and with all the other ways beside it. */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "simple-statistics";
import type { Bench, Scene } from "../bench.ts";
import { CONTENDERS, type ContenderName } from "../contenders/index.ts";
import type { Finding } from "../finding.ts";
import { interleave } from "../interleave.ts";
import type { Stage } from "../stage.ts";
import type { Life } from "../worker.ts";
import { startWorker, type Worker } from "../worker-process.ts";

/** Collects phases over many lives. */
export class PhaseMedians {
  readonly #taken = new Map<string, number[]>();

  add({ phases }: Life): void {
    for (const [name, ms] of Object.entries(phases)) this.#taken.set(name, [...(this.#taken.get(name) ?? []), ms]);
  }

  medians(): Record<string, number> {
    return Object.fromEntries([...this.#taken].map(([name, list]) => [name, median(list)]));
  }
}

export const labelsOf = (names: readonly ContenderName[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, CONTENDERS[name]]));

export const about = ({ server, place: { project } }: Stage): Pick<Finding, "setting" | "tables" | "migrations"> => ({
  setting: server.setting,
  tables: project.tables,
  migrations: project.migrations,
});

async function opened(names: readonly ContenderName[], { place, server }: Stage, warmUp = 3): Promise<Worker> {
  const worker = startWorker({ quiet: true });
  for (const name of names) {
    await worker.call("open", name, place);
    // the first life builds what later ones find, and makes V8 compile what they run
    for (let n = 0; n < warmUp; n++) {
      await worker.call("live", name, place);
      await server.settle();
    }
  }
  return worker;
}

const FAST = ["bare", "bareTuned", "shared", "ours"] as const satisfies ContenderName[];
const IN_A_ROW = 20;

export async function measureLater(bench: Bench, stage: Stage): Promise<void> {
  const worker = await opened(FAST, stage);
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

const FRESH = ["bare", "shared", "ours"] as const satisfies ContenderName[];
/** How long a module may go on loading by itself what it needs, in milliseconds. */
const LOADED = 100;

export async function measureFirst(bench: Bench, stage: Stage): Promise<void> {
  await (await opened(["ours"], stage)).end();
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
  const samples = await interleave(FRESH, bench.effort(25, 30), async (name) => {
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

const ANY = ["ours", "template", "migrateDatabase"] as const satisfies ContenderName[];
/** And those that not every project or machine can do. */
export const MANY: readonly ContenderName[] = [...ANY, "migrateSchema"];

export async function measureLives(bench: Bench, stage: Stage, all: readonly ContenderName[] = ANY): Promise<void> {
  const { place, server } = stage;
  const worker = await opened(all, stage, bench.quick ? 1 : 2);
  const names = ["paused", ...all] as const;
  const samples = await interleave(names, bench.effort(20, place.project.tables > 50 ? 50 : 25), async (name) => {
    // the others take long enough for our session to be closed; what follows at once finds it open
    if (name === "ours") {
      await worker.call("live", "ours", place);
      await server.settle();
    }
    const life = await worker.call("live", name === "paused" ? "ours" : name, place);
    await server.settle();
    return life.total;
  });
  await worker.end();
  const labels = { ours: CONTENDERS.ours, paused: "with-test-db, after a pause", ...labelsOf(all) };
  bench.found({ measure: "lives", ...about(stage), unit: "ms", samples, labels });
}

/** PGlite is the same on any server, since it uses none; its process is its own, because it takes half a gigabyte. */
export async function measurePglite(bench: Bench, stage: Stage): Promise<void> {
  const worker = await opened(["pglite"], stage, bench.quick ? 0 : 1);
  const samples = await interleave(["pglite"], bench.effort(5, 15, 3), async (name) => {
    return (await worker.call("live", name, stage.place)).total;
  });
  await worker.end();
  bench.found({
    ...{ measure: "lives", part: "PGlite", ...about(stage), unit: "ms", samples, labels: labelsOf(["pglite"]) },
  });
}

export async function measureHistory(bench: Bench, { large, largeShort }: Scene): Promise<void> {
  const workers = { long: await opened(["ours"], large), short: await opened(["ours"], largeShort) };
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
