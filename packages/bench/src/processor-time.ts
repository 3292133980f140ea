/**
 * The processor time, user and system, that a process and its descendants have taken, those included that have ended: it
 * is in their parent's figures, to the nanosecond, once the parent has waited for them. Linux only: read from /proc.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessorTime {
  readonly ms: number;
  /** The processes that live. */
  readonly pids: ReadonlySet<number>;
  /** Whether one of them runs, or would on a machine with more processors. */
  readonly running: boolean;
}

/** In which /proc/<pid>/stat counts, in milliseconds: 100 a second wherever Node.js runs. */
const TICK = 10;

/** A process that ends meanwhile may be counted twice or not at all; `processorTimeAtRest()` sees that none does. */
export function processorTimeOf(root: number, except: ReadonlySet<number> = new Set()): ProcessorTime {
  const stats = allStats();
  const pids = new Set<number>();
  let running = false;
  const descend = (pid: number): number => {
    const stat = stats.get(pid);
    if (!stat || except.has(pid)) return 0;
    pids.add(pid);
    running ||= stat.running;
    const children = [...stats].filter(([, { parent }]) => parent === pid).map(([child]) => child);
    return [ownTime(pid, stat), stat.ended, ...children.map(descend)].reduce((sum, ms) => sum + ms);
  };
  const ms = descend(root);
  return { ms, pids, running };
}

/** How long nothing may happen, and how much time counts as nothing, in milliseconds; servers wake up now and then. */
const REST = 50;
const NEXT_TO_NOTHING = 1;
/** What is longer at work is the server's own business, like a checkpoint that it spreads over minutes. */
const REST_WITHIN = 10_000;

/** The same once no process begins, ends or works any more. */
export async function processorTimeAtRest(root: number, except: ReadonlySet<number> = new Set()): Promise<number> {
  const deadline = Date.now() + REST_WITHIN;
  for (let before = processorTimeOf(root, except); ; ) {
    await sleep(REST);
    const after = processorTimeOf(root, except);
    const same = after.pids.size === before.pids.size && [...after.pids].every((pid) => before.pids.has(pid));
    const atRest = same && !after.running && after.ms - before.ms < NEXT_TO_NOTHING;
    if (atRest || Date.now() > deadline) return after.ms;
    before = after;
  }
}

interface Stat {
  readonly parent: number;
  readonly running: boolean;
  /** Its own time and that of its children that have ended, in milliseconds. */
  readonly own: number;
  readonly ended: number;
}

function allStats(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    const text = /^\d+$/.test(name) ? readProc(name, "stat") : undefined;
    if (text === undefined) continue;
    // the name of the program is in parentheses and may have some of its own; the state is the first field after it
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number) as [number, number, number, number];
    stats.set(Number(name), {
      parent: Number(fields[1]),
      running: fields[0] === "R",
      own: (utime + stime) * TICK,
      ended: (cutime + cstime) * TICK,
    });
  }
  return stats;
}

/**
 * Ticks are too coarse for a process that lives, since each of its two figures is rounded down. The scheduler counts the
 * first thread by the nanosecond; Postgres' processes have no other.
 */
function ownTime(pid: number, { own }: Stat): number {
  const [ran] = (readProc(String(pid), "schedstat") ?? "0").split(" ");
  return Math.max(own, Number(ran) / 1e6);
}

function readProc(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined; // it has ended, or this kernel does not keep that file
  }
}
