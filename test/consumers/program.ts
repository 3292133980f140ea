/** Programs that a consumer runs, those that come from the registry included. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface Ended {
  readonly failed: boolean;
  readonly stdout: string;
  /** What was said on both streams. */
  readonly told: string;
}

/** Without what this runner, or the npm that started it, has set. */
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_OPTIONS$/.test(name)),
);

export const run = (
  file: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...inherited, ...environment };
    execFile(file, args, { cwd, env, maxBuffer: 64 << 20, timeout: 300_000 }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, stdout, told: stdout + stderr }),
    );
  });

/** Throws with all that was said where a program fails. */
export async function runWell(...given: Parameters<typeof run>): Promise<Ended> {
  const ended = await run(...given);
  if (ended.failed) throw new Error(`${given[0]} ${given[1].join(" ")}\n${ended.told}`);
  return ended;
}

const QUIETLY = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error"];
export const npm = (cwd: string, ...args: string[]): Promise<Ended> => run("npm", [...args, ...QUIETLY], cwd);

/** Whether packages can be had; asked once, and at once answered where there is no network. */
export const hasRegistry = async (): Promise<boolean> => {
  const once = ["--fetch-retries", "0", "--fetch-timeout", "10000"];
  return !(await run("npm", ["view", "drizzle-orm@0.36.4", "version", ...once], "/")).failed;
};

/** Installs a package by itself, in a folder of its own. Returns its folder. */
export async function fetched(folder: string, name: string, version: string): Promise<string> {
  const place = join(folder, `${name.replace("/", "-")}-${version}`);
  mkdirSync(place, { recursive: true });
  await runWell("npm", ["install", `${name}@${version}`, "--prefix", ".", ...QUIETLY], place);
  return join(place, "node_modules", name);
}
