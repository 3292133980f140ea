import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstCode, read, root } from "./pages.ts";

const SCHEMA = `import { pgTable, serial, text } from "drizzle-orm/pg-core";

export const things = pgTable("things", { id: serial().primaryKey(), name: text().notNull() });
`;
const JOURNAL = {
  version: "7",
  dialect: "postgresql",
  entries: [{ idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_things", breakpoints: true }],
};
const TSCONFIG = {
  compilerOptions: {
    ...{ target: "ES2022", lib: ["ES2023", "ESNext.Disposable"], module: "NodeNext", types: ["node"], strict: true },
    ...{ noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
  },
  include: ["src", "test"],
};

/** A project as a reader of README would have it, with the built package in its node_modules. */
describe.skipIf(!existsSync(join(root, "dist/index.mjs")))(
  "the complete test of README.md",
  { timeout: 120_000 },
  () => {
    let project: string;
    const program = (path: string, args: string[], environment: NodeJS.ProcessEnv = {}) => {
      const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", path), ...args], {
        cwd: project,
        env: { ...Object.fromEntries(inherited), TEST_DB_IT: "", ...environment },
        encoding: "utf8",
      });
      return { status, told: `${stdout}${stderr}` };
    };
    /** The state of each test in it, with all that was said. */
    const run = (environment: NodeJS.ProcessEnv): { states: string[]; told: string } => {
      const file = join(project, "report.json");
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
      // five seconds, unless told, are few for a server's start on a busy machine
      const patience = ["--testTimeout=60000", "--hookTimeout=60000"];
      const { told } = program("vitest/vitest.mjs", ["run", ...patience, ...reporters], environment);
      const report = JSON.parse(readFileSync(file, "utf8")) as {
        testResults: { assertionResults: { status: string }[] }[];
      };
      return { states: report.testResults.flatMap((one) => one.assertionResults.map(({ status }) => status)), told };
    };

    beforeAll(() => {
      project = mkdtempSync(join(tmpdir(), "with-test-db-readme-"));
      for (const folder of ["src", "test", "drizzle/meta", "node_modules/@types"]) {
        mkdirSync(join(project, folder), { recursive: true });
      }
      for (const name of ["drizzle-orm", "postgres", "vitest", "@types/node"]) {
        symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name), "junction");
      }
      symlinkSync(root, join(project, "node_modules/with-test-db"), "junction");
      writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify(TSCONFIG));
      writeFileSync(join(project, "src/schema.ts"), SCHEMA);
      writeFileSync(join(project, "drizzle/meta/_journal.json"), JSON.stringify(JOURNAL));
      writeFileSync(
        join(project, "drizzle/0000_things.sql"),
        `CREATE TABLE "things" ("id" serial PRIMARY KEY NOT NULL, "name" text NOT NULL);`,
      );
      writeFileSync(join(project, "test/things.it.test.ts"), firstCode(read("README.md"), "ts"));
    });
    afterAll(() => rmSync(project, { recursive: true, force: true }));

    it("passes on a real server", () => {
      const { states, told } = run({ TEST_DB_IT: "1" });
      expect(states, told).toEqual(["passed"]);
    });

    it("is skipped without the flag, whatever the server", () => {
      const { states, told } = run({ TEST_DB_URL: "postgres://nobody@127.0.0.1:1/nothing" });
      expect(states, told).toEqual(["skipped"]);
    });

    it("is typed", () => {
      const { status, told } = program("typescript/bin/tsc", ["-p", "."]);
      expect(told).toBe("");
      expect(status).toBe(0);
    });
  },
);
