/** The packed library beside each line of Drizzle: by default beside the oldest and the current one, with CONSUMERS=all beside all. */
import { cpSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { targetUrl } from "../../src/target/connection-url.ts";
import { root } from "../package/entries.ts";
import { testTarget } from "../support/target.ts";
import { COMPILERS, compile } from "../types/compile.ts";
import { CURRENT, LINES } from "./lines.ts";
import { npm, run } from "./program.ts";
import { expectToRun, isPossible, isWhole, Scratch } from "./scratch.ts";

const BY_DEFAULT = [LINES[0], CURRENT];
/** Of those that are not supported. */
const TOO_OLD = ["0.29.5", "0.33.0", "0.35.3"];

describe.skipIf(!isPossible)("the packed library", { timeout: 300_000 }, () => {
  const scratch = new Scratch();

  describe.each(LINES.filter((line) => isWhole || BY_DEFAULT.includes(line)))("beside drizzle-orm %s", (line) => {
    let place: string;
    beforeAll(async () => {
      place = scratch.project(line, { "drizzle-orm": line });
      expect(await npm(place, "install")).toMatchObject({ failed: false });
    }, 300_000);

    it.each(["run.mjs", "run.cjs"])("runs a suite: %s", async (program) => {
      await expectToRun(place, [], [program], { TEST_DB_URL: targetUrl(await testTarget(), {}) });
    });

    // those of the current lines are compiled against in test/types, too
    const compilers = COMPILERS.filter(({ version }) => isWhole || (version === 6 && line !== CURRENT));
    it.each(compilers)("is typed for TypeScript $version", async (compiler) => {
      const [types, hover] = line.startsWith("0.")
        ? ["test/types/drizzle-0", "hover.d.ts"]
        : ["packages/drizzle-1/types", "types/hover.d.ts"];
      // all but the matchers of a runner, which is not installed here
      const filter = (file: string): boolean => basename(file) !== "assertions.ts";
      cpSync(join(root, types), join(place, "types"), { recursive: true, filter });
      cpSync(join(root, "packages/drizzle-1/src"), join(place, "src"), { recursive: true });
      const to = join(place, `typescript-${compiler.version}`);
      expect(await compile(compiler, join(place, "types"), to)).toEqual([]);
      expect(readFileSync(join(to, hover), "utf8")).toBe(readFileSync(join(root, types, "hover.txt"), "utf8"));
    });
  });

  describe.runIf(isWhole)("beside a drizzle-orm that is too old", () => {
    const title = "is not installed, and names the version where it was installed all the same: %s";
    it.each(TOO_OLD)(title, async (line) => {
      const place = scratch.project(line, { "drizzle-orm": line });
      expect((await npm(place, "install")).told).toMatch(/ERESOLVE/);
      expect(await npm(place, "install", "--legacy-peer-deps")).toMatchObject({ failed: false });
      for (const program of ["run.mjs", "run.cjs"]) {
        const { failed, told } = await run(process.execPath, [program], place, { TEST_DB_IT: "1" });
        expect(failed).toBe(true);
        expect(told).toContain(`drizzle-orm ${line} is installed.`);
        expect(told).toContain("code: DRIZZLE_TOO_OLD");
      }
    });
  });
});
