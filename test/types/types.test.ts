/** The published types, as users of each line of Drizzle compile against them, with every major version of TypeScript. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMPILERS, compile, root } from "./compile.ts";

const out = mkdtempSync(join(tmpdir(), "with-test-db-types-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Earlier lines are compiled against in test/consumers. */
const projects = [
  { line: "0.45", project: "test/types/drizzle-0", hover: "hover.d.ts" },
  { line: "1.0", project: "packages/drizzle-1/types", hover: "types/hover.d.ts" },
];

describe.skipIf(!existsSync(join(root, "dist/index.d.mts")))("the types", () => {
  for (const { line, project, hover } of projects) {
    for (const compiler of COMPILERS) {
      const title = `accept and refuse what they should, and read well, on drizzle-orm ${line} with TypeScript ${compiler.version}`;
      it(title, { timeout: 120_000 }, async () => {
        const to = join(out, project, String(compiler.version));
        expect(await compile(compiler, join(root, project), to)).toEqual([]);
        await expect(readFileSync(join(to, hover), "utf8")).toMatchFileSnapshot(join(root, project, "hover.txt"));
      });
    }
  }

  it("fit a package on drizzle-orm 1.0, its tests included", { timeout: 120_000 }, async () => {
    const compiler = { version: 6, place: ".", options: ["--skipLibCheck", "--rootDir", root] };
    expect(await compile(compiler, join(root, "packages/drizzle-1"), join(out, "package"))).toEqual([]);
  });
});
