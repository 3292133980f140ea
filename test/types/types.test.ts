/** The published types, as users of each line of Drizzle compile against them, with every major version of TypeScript. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const out = mkdtempSync(join(tmpdir(), "with-test-db-types-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Where each is installed. Checking all of Drizzle's declarations takes version 7 four seconds, and 5 and 6 twelve. */
const compilers = [
  { version: 5, place: "packages/typescript-5", options: ["--skipLibCheck"] },
  { version: 6, place: ".", options: ["--skipLibCheck"] },
  { version: 7, place: "packages/typescript-7", options: ["--skipLibCheck", "false"] },
];
const projects = [
  { line: "0.45", project: "test/types/drizzle-0", hover: "hover.d.ts" },
  { line: "1.0", project: "packages/drizzle-1/types", hover: "types/hover.d.ts" },
];

/** Declarations that are not ours: with `skipLibCheck` off, Drizzle's own have many errors. */
const FOREIGN = /^[./]*node_modules\/(?!with-test-db\/)/;

async function compile({ place, options }: (typeof compilers)[number], project: string, to: string): Promise<string[]> {
  const typescript = dirname(createRequire(join(root, place, "package.json")).resolve("typescript/package.json"));
  const args = [join(typescript, "bin/tsc"), "--project", ".", "--outDir", to, "--pretty", "false", ...options];
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: join(root, project), maxBuffer: 64 << 20 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  return said.split("\n").filter((line) => /^\S/.test(line) && !FOREIGN.test(line));
}

describe.skipIf(!existsSync(join(root, "dist/index.d.mts")))("the types", () => {
  for (const { line, project, hover } of projects) {
    for (const compiler of compilers) {
      const title = `accept and refuse what they should, and read well, on drizzle-orm ${line} with TypeScript ${compiler.version}`;
      it(title, { timeout: 120_000 }, async () => {
        const to = join(out, project, String(compiler.version));
        expect(await compile(compiler, project, to)).toEqual([]);
        await expect(readFileSync(join(to, hover), "utf8")).toMatchFileSnapshot(join(root, project, "hover.txt"));
      });
    }
  }

  it("fit a package on drizzle-orm 1.0, its tests included", { timeout: 120_000 }, async () => {
    const compiler = { version: 6, place: ".", options: ["--skipLibCheck", "--rootDir", root] };
    expect(await compile(compiler, "packages/drizzle-1", join(out, "package"))).toEqual([]);
  });
});
