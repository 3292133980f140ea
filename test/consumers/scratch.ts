/** Projects as users have them: the packed library and its peers are installed by a package manager, and nothing is linked. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { root } from "../package/entries.ts";
import { pack } from "../package/pack.ts";
import { hasRegistry, runWell } from "./program.ts";

const isBuilt = existsSync(join(root, "dist/index.mjs"));

/** Whether packages can be installed. Where they can't, that is said. */
export const isPossible: boolean = isBuilt && (await hasRegistry());
if (isBuilt && !isPossible) process.stderr.write("SKIPPED: no package registry answers, so nothing can be installed\n");

/** Whether all is asked for, and not the part that each run tries. */
export const isWhole: boolean = process.env["CONSUMERS"] === "all";

const TABLE = 'CREATE TABLE "things" ("id" serial PRIMARY KEY NOT NULL, "name" text NOT NULL);';
const ENTRY = { idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_things", breakpoints: true };

/** What the suite prints, for each driver in turn. */
const PRINTED = `${JSON.stringify(Array(2).fill(["kept,undone", "kept", true, "", "schema"]).flat())}\n`;

/** Has the library start an embedded server: of a version that nothing else uses, so that none is running. */
const OF_ITS_OWN = { TEST_DB_URL: "", TEST_DB_EMBEDDED_IDLE: "1" };

/** A place for the projects of a file of tests. All of it is removed afterwards. */
export class Scratch {
  folder = "";
  #tarball = "";

  constructor() {
    beforeAll(() => {
      this.folder = mkdtempSync(join(tmpdir(), "with-test-db-consumers-"));
      // the server's user may enter: the binaries need not be copied
      chmodSync(this.folder, 0o755);
      this.#tarball = pack(this.folder).tarball;
    });
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /**
   * Makes a project, and installs nothing.
   *
   * @param packages - what it has besides the library and the drivers
   */
  project(name: string, packages: Readonly<Record<string, string>>): string {
    const place = join(this.folder, name.replaceAll(".", "-"));
    cpSync(join(root, "test/consumers/project"), place, { recursive: true });
    mkdirSync(join(place, "journal/meta"), { recursive: true });
    mkdirSync(join(place, "folders/20260101000000_things"), { recursive: true });
    const journal = { version: "7", dialect: "postgresql", entries: [ENTRY] };
    writeFileSync(join(place, "journal/meta/_journal.json"), JSON.stringify(journal));
    for (const file of ["journal/0000_things.sql", "folders/20260101000000_things/migration.sql"]) {
      writeFileSync(join(place, file), TABLE);
    }
    const devDependencies = {
      ...{ postgres: "^3.4.5", pg: "^8.11.0", "@types/pg": "^8.11.0", "@types/node": "^20.0.0" },
      ...{ "with-test-db": `file:${this.#tarball}`, ...packages },
    };
    writeFileSync(join(place, "package.json"), JSON.stringify({ private: true, type: "module", devDependencies }));
    return place;
  }
}

/** Runs programs of a project, each of which has to end by itself, and to have found what a unit holds. */
export async function expectToRun(
  place: string,
  [runtime = process.execPath, ...args]: readonly string[],
  programs: readonly string[] = ["run.mjs", "run.cjs"],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const program of programs) {
    const env = { TEST_DB_IT: "1", ...OF_ITS_OWN, ...environment };
    expect((await runWell(runtime, [...args, program], place, env)).stdout).toBe(PRINTED);
  }
}
