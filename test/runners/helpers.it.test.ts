/** What single idioms have besides: vitest's fixture, and node:test's unit for one test. */
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { bunProgram, hasBun } from "./idioms.ts";
import { MIGRATIONS, makeProject, type Project, root } from "./project.ts";

const url = process.env["TEST_DB_URL"];
const options = JSON.stringify({ migrationsFolder: "drizzle", ...(url ? { url } : {}) });
const names = "select string_agg(name, ',' order by id) as names from things";

describe.skipIf(!isIntegrationEnabled())("a project", () => {
  let project: Project;
  afterEach(() => project?.remove());

  describe("with vitest's fixture", () => {
    const suite = (scope: string, between: string): string => `
      import { expect } from "vitest";
      import { testWithDb } from "with-test-db/vitest";
      const test = testWithDb({ ...${options}, scope: "${scope}", between: "${between}" });
      const seen = new Set();
      const names = async ({ client }) => (await client.unsafe("${names}"))[0].names;
      test("one", async ({ testDb }) => {
        await testDb.client\`insert into things (name) values ('a')\`;
        expect(await names(testDb)).toBe("a");
        seen.add(testDb.schemaName);
      });
      test("without it", () => {});
      test("two", async ({ testDb }) => {
        expect(await names(testDb)).toBe(${scope === "test"} || "${between}" !== "nothing" ? null : "a");
        seen.add(testDb.schemaName);
        expect(seen.size).toBe("${scope}" === "test" ? 2 : 1);
      });`;

    it.each([
      ["file", "nothing"],
      ["file", "rollback"],
      ["worker", "reset"],
      ["test", "nothing"],
    ])("has tests take what they ask for: for each %s a unit, and %s between tests", (scope, between) => {
      project = makeProject(
        { vitest: join(root, "node_modules/vitest") },
        { ...MIGRATIONS, "a.test.mjs": suite(scope, between) },
      );
      const command = [process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run"];
      const { status, output } = project.run(command);
      expect(output).toContain("3 passed");
      expect(status).toBe(0);
      if (between === "rollback") return;
      const off = project.run(command, { TEST_DB_IT: undefined, TEST_DB_URL: "postgres://nobody@127.0.0.1:1/none" });
      expect(off.output).toMatch(/1 passed \| 2 skipped|3 skipped/);
      expect(off.status).toBe(0);
    });
  });

  it.each([false, true])("with vitest's fixture takes no unit for tests that don't ask for one: auto is %s", (auto) => {
    const suite = `
      import { testWithDb } from "with-test-db/vitest";
      testWithDb({ migrationsFolder: "nowhere", auto: ${auto} })("one", () => {});`;
    const vitest = join(root, "node_modules/vitest");
    project = makeProject({ vitest }, { "a.test.mjs": suite });
    const { status, output } = project.run([process.execPath, join(vitest, "vitest.mjs"), "run"]);
    expect(output).toContain(auto ? "MIGRATIONS_NOT_FOUND" : "1 passed");
    expect(status).toBe(auto ? 1 : 0);
  });

  it("with node:test takes a unit for one test, and keeps what a failed one left", () => {
    project = makeProject(
      {},
      {
        ...MIGRATIONS,
        "a.test.mjs": `
        import { test } from "node:test";
        import { testDbFor } from "with-test-db/node/pg";
        const options = ${options};
        test("passes", async (t) => {
          const testDb = await testDbFor(t, options);
          await testDb.client.query("insert into things (name) values ('a')");
        });
        test("fails", async (t) => {
          const testDb = await testDbFor(t, options);
          await testDb.client.query("insert into things (name) values ('a')");
          throw new Error("on purpose");
        });`,
      },
    );
    const { status, output } = project.run([process.execPath, "--test", "a.test.mjs"]);
    expect(output).toMatch(/pass 1\n.*fail 1\n/);
    expect(status).toBe(1);
    const [, unit = ""] = /npx with-test-db drop (it_fails_\w+)/.exec(output) ?? [];
    expect(output).not.toContain("drop it_passes");
    expect(project.run([process.execPath, join(root, "dist/cli.mjs"), "drop", unit]).status).toBe(0);
  });

  it.skipIf(!hasBun)("with bun has failures noticed also in the file that takes the unit, and of test.each()", () => {
    project = makeProject(
      {},
      {
        ...MIGRATIONS,
        "a.test.mjs": `
        import { describe, it, test } from "bun:test";
        import { useTestDb } from "with-test-db/bun";
        const testDb = await useTestDb({ ...${options}, between: "reset" });
        const add = (name) => testDb.client\`insert into things (name) values (\${name})\`;
        describe("things", () => {
          it("fail", async () => { await add("a"); throw new Error("on purpose"); });
          test.each([["b", 1]])("fail, each %s", async (name) => { await add(name); throw new Error("on purpose"); });
          test.skip("skipped", () => {});
          test("pass with a callback", (done) => { add("c").then(() => done(), done); });
        });`,
      },
    );
    const { status, output } = project.run([bunProgram, "test"]);
    expect(output).toMatch(/1 pass\n.*1 skip\n.*2 fail\n/);
    expect(status).toBe(1);
    const kept = [...output.matchAll(/kept the schema (it_\w+) of ("[^"]*")/g)];
    expect(kept.map(([, , test]) => test)).toEqual(['"a.test.mjs > fail"', '"a.test.mjs > fail, each %s"']);
    for (const [, unit = ""] of kept) {
      expect(project.run([process.execPath, join(root, "dist/cli.mjs"), "drop", unit]).status).toBe(0);
    }
  });

  it.skipIf(!hasBun)("with bun fails a test whose callback is told of a failure, and waits for it", () => {
    project = makeProject(
      {},
      {
        "a.test.mjs": `
        import "with-test-db/bun";
        import { test } from "bun:test";
        test("fails", (done) => { setTimeout(() => done(new Error("on purpose")), 10); });
        test("passes", (done) => { setTimeout(done, 10); });`,
      },
    );
    expect(project.run([bunProgram, "test"]).output).toMatch(/1 pass\n.*1 fail\n/);
  });

  it.each(["reset", "rollback"])("with node:test has a test's subtests be part of it: %s", (between) => {
    project = makeProject(
      {},
      {
        ...MIGRATIONS,
        "a.test.mjs": `
        import { equal } from "node:assert/strict";
        import { test } from "node:test";
        import { useTestDb } from "with-test-db/node";
        const testDb = await useTestDb({ ...${options}, between: "${between}" });
        const names = async () => (await testDb.client.unsafe("${names}"))[0].names;
        test("one", async (t) => {
          await testDb.client\`insert into things (name) values ('a')\`;
          await t.test("first", async () => equal(await names(), "a"));
          await t.test("second", async () => equal(await names(), "a"));
        });
        test("the next one", async () => equal(await names(), null));`,
      },
    );
    const { status, output } = project.run([process.execPath, "--test", "a.test.mjs"]);
    expect(output).toContain("fail 0");
    expect(status).toBe(0);
  });

  it("with vitest keeps nothing of a test that is run again, or that is to fail", () => {
    const vitest = join(root, "node_modules/vitest");
    project = makeProject(
      { vitest },
      {
        ...MIGRATIONS,
        "a.test.mjs": `
        import { test } from "vitest";
        import { useTestDb } from "with-test-db/vitest";
        const testDb = await useTestDb({ ...${options}, between: "reset" });
        let runs = 0;
        test("again", { retry: 1 }, async () => {
          await testDb.client\`insert into things (name) values ('a')\`;
          if (++runs === 1) throw new Error("on purpose");
        });
        test.fails("is to fail", () => { throw new Error("on purpose"); });
        test("last", () => {});`,
      },
    );
    const { status, output } = project.run([process.execPath, join(vitest, "vitest.mjs"), "run"]);
    expect(output).toContain("2 passed | 1 expected fail");
    expect(output).not.toContain("kept the schema");
    expect(status).toBe(0);
  });
});
