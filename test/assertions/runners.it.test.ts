/** The matchers in each runner: registered by an import, with and without rejects and not, and with messages of the same words. */
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { bunProgram, hasBun } from "../runners/idioms.ts";
import { MIGRATIONS, makeProject, type Project, root } from "../runners/project.ts";

const MODULES = join(root, "node_modules");

const vitest = (name: string, directory: string) => ({
  name,
  packages: { vitest: directory },
  file: "things.test.mjs",
  files: { "vitest.config.mjs": `export default { test: { setupFiles: ["with-test-db/assertions/vitest"] } }` },
  head: `import { expect, test } from "vitest"; import { withTestDb } from "with-test-db"; import { serializer, stable } from "with-test-db/assertions";`,
  isWhole: true,
  command: [process.execPath, join(directory, "vitest.mjs"), "run"],
});

/** A runner, how it is told of the matchers, and how it runs a file. */
const RUNNERS = [
  vitest("vitest", join(MODULES, "vitest")),
  vitest("vitest 3", join(root, "packages/runners/node_modules/vitest-3")),
  {
    name: "jest",
    packages: { jest: join(MODULES, "jest") },
    file: "things.test.js",
    files: { "jest.config.json": JSON.stringify({ setupFilesAfterEnv: ["with-test-db/assertions/jest"] }) },
    head: `const { withTestDb } = require("with-test-db"); const { serializer, stable } = require("with-test-db/assertions");`,
    isWhole: true,
    command: [process.execPath, join(MODULES, "jest/bin/jest.js")],
  },
  {
    name: "jest, by its environment, whose errors are another context's",
    packages: { jest: join(MODULES, "jest") },
    file: "things.test.js",
    files: {
      "jest.config.json": JSON.stringify({
        testEnvironment: "with-test-db/jest/environment",
        testEnvironmentOptions: { testDb: { migrationsFolder: "drizzle" } },
        setupFilesAfterEnv: ["with-test-db/assertions/jest"],
      }),
    },
    head: `const { serializer, stable } = require("with-test-db/assertions");
      const withTestDb = () => Object.assign(Object.create(testDb), { dispose() {} });`,
    isWhole: true,
    command: [process.execPath, join(MODULES, "jest/bin/jest.js")],
  },
  ...(hasBun
    ? [
        {
          name: "bun",
          packages: {},
          file: "things.test.mjs",
          files: { "bunfig.toml": `[test]\npreload = ["with-test-db/assertions/bun"]` },
          head: `import { expect, test } from "bun:test"; import { withTestDb } from "with-test-db"; import { serializer, stable } from "with-test-db/assertions";`,
          isWhole: false,
          command: [bunProgram, "test"],
        },
      ]
    : []),
];

/** @param isWhole - bun takes nothing for a promise but a Promise, which Drizzle's query is none of, and has no serializers */
const suite = (head: string, isWhole: boolean): string => `
  ${head}
  test("things", async () => {
    const testDb = await withTestDb({ migrationsFolder: "drizzle" });
    try {
      const twice = () => testDb.db.execute("insert into things (name) values ('a'), ('a')");
      await expect(twice()).toViolateUnique("things_name_key");
      await expect(twice).toViolateUnique(/name/);
      await expect(twice()).not.toViolateNotNull();
      await expect(Promise.resolve()).not.toViolateUnique();
      await expect(twice().catch((error) => Promise.reject(error))).rejects.toViolateUnique();
      ${isWhole ? "await expect(twice()).rejects.toViolateUnique(); await expect(twice()).rejects.not.toDeadlock();" : ""}
      // bun waits within the call, and throws from there
      const wordsFrom = async (work) => { try { await work(); } catch (error) { return error.message; } };
      const words = await wordsFrom(() => expect(twice()).toViolateNotNull("name"));
      expect(words).toContain('Expected a violation of the NOT NULL constraint of "name", but the unique constraint "things_name_key" was violated.');
      expect(words).toContain("  detail:     Key (name)=(a) already exists.");
      const not = await wordsFrom(() => expect(twice()).not.toViolateUnique());
      expect(not).toContain("Expected anything but a violation of a unique constraint.");
    } finally {
      await testDb.dispose();
    }
  });
  ${isWhole ? "expect.addSnapshotSerializer(serializer());" : ""}
  test("snapshots", () => {
    const id = "0b0e0f9c-3c39-4b7e-8d8e-5c1a1f6b0001";
    const value = { room: id, rooms: [{ at: new Date(), id }] };
    expect(${isWhole ? "value" : "stable(value)"}).toMatchInlineSnapshot(\`
{
  "room": "uuid#1",
  "rooms": [
    {
      "at": "date",
      "id": "uuid#1",
    },
  ],
}
\`);
  });`;

describe.skipIf(!isIntegrationEnabled())("the matchers", () => {
  const projects: Project[] = [];
  afterAll(() => {
    for (const project of projects) project.remove();
  });

  it.each(RUNNERS)("work in $name", ({ packages, file, files, head, isWhole, command }) => {
    const project = makeProject(packages, MIGRATIONS);
    projects.push(project);
    project.write({ ...files, [file]: suite(head, isWhole) });
    const { status, output } = project.run(command);
    expect(output).toMatch(/(2 passed|2 pass)\b/);
    expect(status).toBe(0);
  });
});
