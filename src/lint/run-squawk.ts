/** Runs squawk, the linter of migrations that the project has installed from npm. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { TestDbError } from "../errors.ts";
import type { Finding } from "../findings/finding.ts";
import { findSquawkConfig, squawkSettings } from "./squawk-rules.ts";

export interface SquawkCall {
  /** Where squawk runs, and looks for `.squawk.toml`. `@default` the current folder */
  readonly folder?: string;
  /** Of the server that the migrations are for: `16`. */
  readonly pgVersion?: string | undefined;
}

/** How many files squawk is given at once: Windows has a limit for the length of a command line. */
const FILES_AT_ONCE = 100;

/**
 * What squawk finds in files, whose paths are relative to the folder.
 *
 * @throws TestDbError `PROGRAM_MISSING`, `OPTION_INVALID` where its configuration is wrong
 */
export async function runSquawk(
  files: readonly string[],
  { folder = process.cwd(), pgVersion }: SquawkCall = {},
): Promise<Finding[]> {
  const program = findSquawk(folder);
  const settings = squawkSettings(findSquawkConfig(folder), pgVersion);
  const found: Finding[] = [];
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
    const some = files.slice(at, at + FILES_AT_ONCE).map(asPattern);
    found.push(...(await findingsIn(folder, [program, "--reporter", "json", ...settings, "--", ...some])));
  }
  return found;
}

/** @throws TestDbError `PROGRAM_MISSING` */
export function findSquawk(folder: string): string {
  try {
    const manifest = createRequire(join(folder, "package.json")).resolve("squawk-cli/package.json");
    const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: { squawk: string } };
    return join(dirname(manifest), bin.squawk);
  } catch (cause) {
    throw new TestDbError("PROGRAM_MISSING", {
      what: `squawk is not installed in ${folder}`,
      why: "it is the linter that looks at the migrations",
      next: "npm install --save-dev squawk-cli; or go to the folder of the package that has it",
      cause,
    });
  }
}

/** squawk takes its arguments for patterns. */
const asPattern = (file: string): string => file.replaceAll("\\", "/").replace(/[[\]*?]/g, "[$&]");

interface Violation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly level: string;
  readonly message: string;
  readonly help: string | null;
  readonly rule_name: string;
}

async function findingsIn(folder: string, parameters: readonly string[]): Promise<Finding[]> {
  const { out, err } = await execute(folder, parameters);
  let violations: Violation[];
  try {
    violations = JSON.parse(out) as Violation[];
  } catch (cause) {
    throw failed(err || out, cause);
  }
  return violations.map(({ file, line, column, level, message, help, rule_name }) => ({
    level: level === "Error" ? "error" : "warning",
    rule: rule_name,
    message,
    ...(help ? { help } : {}),
    file,
    // squawk counts from 0 in JSON
    line: line + 1,
    column: column + 1,
  }));
}

/** squawk ends with 1 where it found something, and where it could not look. */
const execute = (folder: string, parameters: readonly string[]): Promise<{ out: string; err: string }> =>
  new Promise((resolve) => {
    const options = { cwd: folder, maxBuffer: 256 * 1024 * 1024, env: { ...process.env, NO_COLOR: "1" } };
    const child = execFile(process.execPath, [...parameters], options, (_, out, err) => resolve({ out, err }));
    child.stdin?.end();
  });

function failed(words: string, cause: unknown): TestDbError {
  const why = words.trim().split("\n").slice(0, 6).join("\n") || "it ended without a word";
  const isOption = /^(Configuration error|error: invalid value)/.test(why);
  return new TestDbError(isOption ? "OPTION_INVALID" : "PROGRAM_MISSING", {
    what: "squawk did not run",
    why,
    next: isOption ? "correct .squawk.toml, or the option" : "npm install --save-dev squawk-cli",
    cause,
  });
}
