/** Processes that tests start, and end at the latest with the test file. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  /** Resolves with the first line that matches; rejects where it ends without one. */
  says(line: RegExp): Promise<string>;
  /** The line that it said last. */
  last(): string;
  /** How often it has said a line. */
  times(line: string): number;
  readonly ended: Promise<Ended>;
}

/** The root of the repository, where `with-test-db` is this package as it was built. */
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Starts Node with a program of this folder, or with whatever arguments. */
export function start(args: readonly string[], { env, ...options }: SpawnOptions = {}): Program {
  const [file = "", ...rest] = args;
  const program = file.endsWith(".mjs") ? fileURLToPath(new URL(file, import.meta.url)) : file;
  const child = spawn(process.execPath, [program, ...rest], {
    cwd: root,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, TEST_DB_IT: "1", ...env },
    ...options,
  });
  running.add(child);
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  child.stdin?.on("error", () => {});
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk;
    for (const listener of listeners) listener();
  });
  const lines = (): string[] => stdout.split("\n").slice(0, -1);
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    child,
    ended,
    last: () => lines().at(-1) ?? "start",
    times: (wanted) => lines().filter((line) => line === wanted).length,
    says: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines().find((line) => wanted.test(line));
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void ended.then(({ code, signal }) =>
          reject(new Error(`it ended (${code ?? signal}) and did not say ${wanted}:\n${stdout}${stderr}`)),
        );
      }),
  };
}
