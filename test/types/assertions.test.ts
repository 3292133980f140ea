/** The matchers' types in jest and bun; with vitest they are looked at beside all other types. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMPILERS, type Compiler, compile, root } from "./compile.ts";

const out = mkdtempSync(join(tmpdir(), "with-test-db-types-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const [OLDEST, NEWEST] = [COMPILERS[0] as Compiler, COMPILERS.at(-1) as Compiler];

describe.skipIf(!existsSync(join(root, "dist/assertions.d.mts")))("the matchers' types", () => {
  for (const runner of ["jest", "bun"]) {
    for (const compiler of [OLDEST, NEWEST]) {
      it(`fit ${runner} with TypeScript ${compiler.version}`, { timeout: 120_000 }, async () => {
        const project = join(root, `test/types/assertions-${runner}`);
        expect(await compile(compiler, project, join(out, runner, String(compiler.version)))).toEqual([]);
      });
    }
  }
});
