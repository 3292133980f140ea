/** Runs the drizzle-kit that the project has installed, 0.31 or 1.0, as the project does, with some of its configuration replaced. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { TestDbError } from "../errors.ts";
import { inScratchFolder } from "../scratch-folder.ts";
import { shellWord } from "../sql/identifiers.ts";
import { findConfig, findDrizzleKit } from "./find-drizzle-kit.ts";
import { plainWrapper, wrapConfig } from "./wrap-config.ts";

/** What of a drizzle.config is read. Paths are relative to the folder in which drizzle-kit runs. */
export interface KitConfig {
  readonly schema?: string | readonly string[];
  readonly out?: string;
  readonly [option: string]: unknown;
}

export interface KitRun {
  /** drizzle-kit's exit code. */
  readonly code: number;
  /** What drizzle-kit printed, on stdout and stderr, without colours. */
  readonly output: string;
  /** The project's configuration, before it was changed; undefined where drizzle-kit could not load it. */
  readonly config: KitConfig | undefined;
}

export interface KitCall {
  /** Where drizzle-kit runs. `@default` the current folder */
  readonly folder?: string;
  /** The project's configuration file. `@default` that of the folder */
  readonly config?: string | undefined;
  /** What replaces parts of the configuration. */
  readonly overrides?: KitConfig;
}

/** The command line of a drizzle-kit, and its environment. */
export interface KitCommand {
  readonly parameters: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * How to run drizzle-kit without a configuration of the project's.
 *
 * @param purpose - what drizzle-kit is needed for, for the error
 * @throws TestDbError `PROGRAM_MISSING`
 */
export function drizzleKit(
  command: readonly string[],
  purpose: string,
  { folder = process.cwd(), overrides = {} }: Omit<KitCall, "config"> = {},
): KitCommand {
  return commandLine([programIn(folder, purpose), ...command], plainWrapper(), overrides);
}

function commandLine(command: readonly string[], wrapper: string, overrides: KitConfig, config?: string): KitCommand {
  return {
    parameters: [...command, "--config", wrapper],
    environment: {
      ...process.env,
      WITH_TEST_DB_CONFIG: config,
      WITH_TEST_DB_OVERRIDES: JSON.stringify(overrides),
    },
  };
}

function programIn(folder: string, purpose: string): string {
  const program = findDrizzleKit(folder);
  if (program) return program;
  throw new TestDbError("PROGRAM_MISSING", {
    what: `drizzle-kit is not installed in ${folder}`,
    why: `it is needed ${purpose}`,
    next: "npm install --save-dev drizzle-kit; or go to the folder of the package that has it",
  });
}

/**
 * Runs drizzle-kit with the project's configuration. It never asks anything: without a terminal it fails instead.
 *
 * @throws TestDbError `PROGRAM_MISSING`
 */
export async function runDrizzleKit(command: readonly string[], purpose: string, call: KitCall = {}): Promise<KitRun> {
  const { folder = process.cwd(), config = findConfig(folder), overrides = {} } = call;
  const program = programIn(folder, purpose);
  const file = config && resolve(folder, config);
  return inScratchFolder("kit", async (scratch) => {
    const wrapper = file ? wrapConfig(program, file, scratch) : plainWrapper();
    const { parameters, environment } = commandLine([program, ...command], wrapper, overrides, file);
    const told = join(scratch, "told.json");
    const child = spawn(process.execPath, [...parameters], {
      cwd: folder,
      env: { ...environment, WITH_TEST_DB_TELL: told, NO_COLOR: "1", FORCE_COLOR: "0" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
    const end = (): void => void child.kill();
    process.once("exit", end);
    const code = await new Promise<number>((done, fail) => {
      child.once("error", fail);
      child.once("close", (code) => done(code ?? 1));
    }).finally(() => process.off("exit", end));
    return {
      code,
      output: Buffer.concat(said).toString(),
      config: existsSync(told) ? (JSON.parse(readFileSync(told, "utf8")) as KitConfig) : undefined,
    };
  });
}

/** What drizzle-kit printed, without what it says whatever it finds, and without where in its own code it stood. */
export const withoutPreamble = (output: string): string =>
  output
    .split(/\r?\n/)
    .filter((line) => !/^(No config path provided|Reading config file|Reading schema files)|^\s+at /.test(line))
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

/**
 * The project's drizzle-kit configuration, loaded by drizzle-kit itself: it may compute what it says.
 *
 * @throws TestDbError `PROGRAM_MISSING`, `OPTION_INVALID` where it can't be loaded
 */
export async function readKitConfig(file: string, folder: string = process.cwd()): Promise<KitConfig> {
  // 0.31 makes a folder for migrations where there is none, and each version looks at all that is there
  const { config, output } = await inScratchFolder("config", (scratch) => {
    const overrides = { out: relative(realpathSync(folder), join(scratch, "none")) };
    return runDrizzleKit(["check"], `to read ${file}`, { folder, config: file, overrides });
  });
  // drizzle-kit takes none without a dialect
  if (config?.["dialect"] !== undefined) return config;
  throw new TestDbError("OPTION_INVALID", {
    what: `drizzle-kit cannot load ${file}`,
    why: withoutPreamble(output).split("\n").slice(-4).join("\n"),
    next: `npx drizzle-kit check --config ${shellWord(file)}, or name the folder: --migrations drizzle`,
  });
}
