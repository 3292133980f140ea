/**
 * A process that is measured. It does one job after another as it is told, or one and then ends by itself, and loads
 * only what its jobs need.
 */
import { subscribe } from "node:diagnostics_channel";
import { performance } from "node:perf_hooks";
import { type Contender, oneQuery, type Place } from "./contender.ts";
import { type ContenderName, loadContender } from "./contenders/index.ts";
import { type Lived, liveFor } from "./live-for.ts";

/** What became of one life, in milliseconds. */
export interface Life {
  readonly total: number;
  /** Until the query was answered; the rest is closing and dropping. */
  readonly answered: number;
  /** Where with-test-db says that the time went. */
  readonly phases: Readonly<Record<string, number>>;
}

export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** A warm connection for what is done between tests. */
let between: import("./between-tests.ts").BetweenTests | undefined;
let held: { release(): Promise<void> } | undefined;
const opened = new Map<string, Contender>();
let phases: Record<string, number> = {};

subscribe("with-test-db", (event) => {
  const { type, phases: taken } = event as { type: string; phases: Record<string, number> };
  for (const [name, ms] of Object.entries(taken)) {
    const phase = `${type === "created" ? "" : "dispose: "}${name}`;
    phases[phase] = (phases[phase] ?? 0) + ms;
  }
});

const openedContender = (name: ContenderName): Contender => {
  const contender = opened.get(name);
  if (!contender) throw new Error(`${name} was not opened`);
  return contender;
};

const jobs = {
  async open(name: ContenderName, place: Place): Promise<void> {
    const contender = await loadContender(name);
    await contender.open?.(place);
    opened.set(name, contender);
  },
  async live(name: ContenderName, place: Place): Promise<Life> {
    const contender = openedContender(name);
    phases = {};
    const use = oneQuery(place);
    let answered = 0;
    const began = performance.now();
    await contender.live(place, async (ask) => {
      await use(ask);
      answered = performance.now();
    });
    const total = performance.now() - began;
    return { total, answered: answered - began, phases };
  },
  /** So many lives without a pause: what is left to be done in the background is paid for by the next. */
  async liveOn(name: ContenderName, place: Place, times: number): Promise<number> {
    const contender = openedContender(name);
    const use = oneQuery(place);
    const began = performance.now();
    for (let n = 0; n < times; n++) await contender.live(place, use);
    return (performance.now() - began) / times;
  },
  async liveFor(name: ContenderName, place: Place, ms: number): Promise<Lived> {
    return await liveFor(openedContender(name), place, ms);
  },
  /** What a job costs by itself. */
  async nothing(): Promise<void> {},
  /** Of this process so far, all its threads, in milliseconds. */
  async processorTime(): Promise<number> {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  async memory(name: ContenderName, place: Place): Promise<Memory> {
    await jobs.open(name, place);
    await jobs.live(name, place);
    const collect = (globalThis as { gc?: () => void }).gc;
    for (let n = 0; n < 3; n++) collect?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss: rss / 2 ** 20, heap: (heapUsed + external) / 2 ** 20 };
  },
  async openBetween(place: Place): Promise<void> {
    const { openBetweenTests } = await import("./between-tests.ts");
    between = await openBetweenTests(place);
  },
  async between(way: import("./between-tests.ts").Way): Promise<number> {
    if (!between) throw new Error("nothing is open");
    return await between.clean(way);
  },
  async closeBetween(): Promise<void> {
    await between?.close();
  },
  async roundTrips(place: Place): Promise<{ own: number[]; within: number[] }> {
    const { countRoundTrips } = await import("./round-trips.ts");
    return await countRoundTrips(place);
  },
  async holdUnits(place: Place, count: number): Promise<void> {
    const { holdUnits } = await import("./hold-units.ts");
    held = await holdUnits(place, count);
  },
  async releaseUnits(): Promise<void> {
    await held?.release();
  },
};

export type Jobs = typeof jobs;

interface Order {
  readonly job: keyof Jobs;
  readonly args: unknown[];
}

process.on("message", async ({ job, args }: Order) => {
  try {
    process.send?.({ result: await (jobs[job] as (...args: unknown[]) => Promise<unknown>)(...args) });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

// a process that nobody waits for any more must not stay, whatever its contenders keep open
process.on("disconnect", () => {
  for (const contender of opened.values()) void contender.close?.();
  setTimeout(() => process.exit(1), 10_000).unref();
});
