/** A project that has the built library installed, in which the lines are typed that a failed run has printed. */
import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/migrations.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const INSTALLED = ["postgres", "pg", "drizzle-orm", "drizzle-kit"];

export interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** @param installed - packages beside the library */
export function makeProject(installed: readonly string[] = INSTALLED): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
  for (const name of installed) symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  symlinkSync(root, join(folder, "node_modules", "with-test-db"));
  const program = `#!/bin/sh\nexec "${process.execPath}" "${root}/dist/cli.mjs" "$@"\n`;
  writeFileSync(join(folder, "node_modules", ".bin", "with-test-db"), program, { mode: 0o755 });
  writeFileSync(join(folder, "package.json"), '{ "name": "project", "type": "module" }');
  return folder;
}

/** Types a line in a shell. It has nothing of the run's environment that names the server. */
export const type = (folder: string, line: string, env: NodeJS.ProcessEnv = {}): Promise<Said> =>
  run("sh", ["-c", line], folder, env);

/** A test's program, which fails where it throws. */
export const runTest = (folder: string, program: string, env: NodeJS.ProcessEnv): Promise<Said> =>
  run(process.execPath, ["--input-type=module", "-e", program], folder, env);

function run(file: string, parameters: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Said> {
  const { TEST_DB_URL: _, TEST_DB_KEEP: __, CI: ___, ...inherited } = process.env;
  const child = spawn(file, parameters, { cwd, env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ out, err, code })));
}

/** The lines to type that were printed, by command. */
export function linesIn(printed: string): Record<string, string[]> {
  const lines: Record<string, string[]> = {};
  for (const [, line = "", command = ""] of printed.matchAll(/^ {2}(npx with-test-db (\w+) \w+)$/gm)) {
    lines[command] = [...(lines[command] ?? []), line];
  }
  return lines;
}
