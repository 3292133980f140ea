/** Starts a process that is measured, gives it jobs, and ends it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Jobs } from "./worker.ts";

export interface Worker {
  call<Job extends keyof Jobs>(job: Job, ...args: Parameters<Jobs[Job]>): Promise<Awaited<ReturnType<Jobs[Job]>>>;
  /** Lets the process end by itself; returns how long it lived, in milliseconds. */
  end(): Promise<number>;
}

/** The environment of everything that is measured: nothing of the caller's changes what is done. */
export function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PG|TEST_DB_|NODE_OPTIONS|VITEST)/.test(name));
  return { ...Object.fromEntries(inherited), TEST_DB_IT: "1", ...extra };
}

const alive = new Set<ChildProcess>();

/** Ends what a measurement that failed left running. */
export function killWorkers(): void {
  for (const child of alive) child.kill("SIGKILL");
}

export function startWorker(options: { readonly execArgv?: string[]; readonly quiet?: boolean } = {}): Worker {
  const began = performance.now();
  const child = fork(join(import.meta.dirname, "worker.mjs"), [], {
    env: environment(),
    execArgv: options.execArgv ?? [],
    // what a contender has to say of itself is no part of the figures
    stdio: ["ignore", "ignore", options.quiet ? "ignore" : "inherit", "ipc"],
  });
  alive.add(child);
  const ended = once(child, "exit").then(([code]) => {
    alive.delete(child);
    return { code: code as number | null, at: performance.now() };
  });
  return {
    async call(job, ...args) {
      child.send({ job, args });
      const answer = await Promise.race([answerOf(child), ended]);
      if ("code" in answer) throw new Error(`The process that was measured ended (${answer.code}) in ${job}`);
      if (answer.error !== undefined) throw new Error(`${job} ${JSON.stringify(args[0])} failed: ${answer.error}`);
      return answer.result as never;
    },
    async end() {
      if (child.connected) child.disconnect();
      // pools of some contenders keep a process alive for ever
      const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
      const { at } = await ended;
      clearTimeout(late);
      return at - began;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<{ result?: unknown; error?: string }> {
  const [answer] = await once(child, "message");
  return answer as { result?: unknown; error?: string };
}
