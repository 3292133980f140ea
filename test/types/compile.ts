/** What users write, as the compilers of users take it. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

export interface Compiler {
  readonly version: number;
  /** The package in which the compiler is installed. */
  readonly place: string;
  readonly options: readonly string[];
}

/** Checking all of Drizzle's declarations takes version 7 four seconds, and 5 and 6 twelve. */
export const COMPILERS: readonly Compiler[] = [
  { version: 5, place: "packages/typescript-5", options: ["--skipLibCheck"] },
  { version: 6, place: ".", options: ["--skipLibCheck"] },
  { version: 7, place: "packages/typescript-7", options: ["--skipLibCheck", "false"] },
];

/** Declarations that are not ours: with `skipLibCheck` off, Drizzle's own have many errors. */
const FOREIGN = /^[./]*node_modules\/(?!with-test-db\/)/;

/** @returns the errors; declarations are written to a folder */
export async function compile({ place, options }: Compiler, project: string, to: string): Promise<string[]> {
  const typescript = dirname(createRequire(join(root, place, "package.json")).resolve("typescript/package.json"));
  const args = [join(typescript, "bin/tsc"), "--project", ".", "--outDir", to, "--pretty", "false", ...options];
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: project, maxBuffer: 64 << 20 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  return said.split("\n").filter((line) => /^\S/.test(line) && !FOREIGN.test(line));
}
