/** Runs tests by a vitest that stays, in a process of its own: a file costs its own time, without the start of a command. */
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { ownFile } from "../own-file.ts";
import { now } from "../timers.ts";
import { ALL, type Runner } from "./ask-tests.ts";
import { environmentOf } from "./command-runner.ts";
import { isAltered, writeWork } from "./work.ts";

/**
 * The arguments that a command gives to vitest: itself, by a package manager, or by a script of package.json that does nothing else.
 * Undefined for another command, and where vitest is older than 3.
 *
 * @param isThere - whether such a vitest is installed there
 */
export function vitestArguments(
  command: readonly string[],
  folder: string = process.cwd(),
  isThere: (folder: string) => boolean = hasVitest,
): string[] | undefined {
  const words = ownArguments(command) ?? scriptArguments(command, folder);
  return words && isThere(folder) ? words : undefined;
}

/** What comes before a program and runs it. */
const RUNNING: ReadonlySet<string> = new Set(["npx", "pnpm", "pnpx", "yarn", "bunx", "exec", "dlx", "node"]);

function ownArguments(command: readonly string[]): string[] | undefined {
  const at = command.findIndex((word) => !RUNNING.has(basename(word)));
  return /^vitest(\.mjs)?$/.test(basename(command[at] ?? "")) ? command.slice(at + 1) : undefined;
}

function scriptArguments([program = "", ...words]: readonly string[], folder: string): string[] | undefined {
  if (!["npm", "pnpm", "yarn"].includes(program)) return undefined;
  const [name, ...more] = words[0] === "run" ? words.slice(1) : words;
  try {
    const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const script: unknown = scripts?.[name ?? ""];
    // a shell's words are not taken apart
    if (typeof script !== "string" || !/^[\w@./:=, -]+$/.test(script)) return undefined;
    return ownArguments([...script.trim().split(/ +/), ...more.filter((word) => word !== "--")]);
  } catch {
    return undefined;
  }
}

function hasVitest(folder: string): boolean {
  try {
    const { version } = createRequire(join(folder, "package.json"))("vitest/package.json");
    return Number.parseInt(version, 10) >= 3;
  } catch {
    return false;
  }
}

/** @param environment - of the run: a server, the flag */
export function vitestRunner(
  words: readonly string[],
  folder: string,
  places: readonly string[],
  environment: NodeJS.ProcessEnv,
): Runner {
  let child: ChildProcess | undefined;

  function start(): ChildProcess {
    const program = ownFile("prove-vitest.mjs", "PROGRAM_MISSING");
    const env = { ...environment, ...environmentOf(folder) };
    const started = fork(program, words, { env, execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
    started.once("exit", () => {
      if (child === started) child = undefined;
    });
    return started;
  }

  return {
    async run(file, alteration, limit) {
      writeWork(folder, { places, mode: "alter", alteration });
      child ??= await ready(start());
      const began = now();
      const hasPassed = await ranWithin(child, file, limit);
      return { hasPassed, isMet: isAltered(folder), ms: now() - began };
    },
    async close() {
      child?.disconnect();
      child = undefined;
    },
  };
}

const ready = (child: ChildProcess): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    child.once("message", () => resolve(child));
    child.once("exit", (code) => reject(new Error(`vitest could not be started: exit code ${code}`)));
  });

/** A run that goes on forever is ended with its process, and so is what it started. */
const ranWithin = (child: ChildProcess, file: string, limit: number): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (hasPassed: boolean): void => {
      clearTimeout(timer);
      child.off("message", hear);
      child.off("exit", failed);
      resolve(hasPassed);
    };
    const hear = (message: unknown): void => end((message as { readonly hasPassed?: boolean }).hasPassed === true);
    const failed = (): void => end(false);
    const timer = setTimeout(() => child.kill("SIGKILL"), limit);
    child.on("message", hear);
    child.once("exit", failed);
    child.send({ file: file === ALL ? undefined : file });
  });
