/**
 * What every runner's idiom owes its users: an application that opens its database by itself, and one whose `db` is handed to it,
 * are isolated from test to test; a test that fails leaves what it wrote to be looked at; where the flag is off nothing connects.
 */
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { IDIOMS, type Idiom, type Options } from "./idioms.ts";
import { MIGRATIONS, makeProject, type Project, type Run, root } from "./project.ts";

/** Tests that don't mind each other. */
const sharing = (idiom: Idiom): string => `
  ${idiom.head}
  import { ok } from "node:assert/strict";
  import { add, list } from "../src/things.mjs";
  describeWhere("things", () => {
    for (const name of ["a", "b", "c"]) {
      test(name, async () => {
        await add(name);
        ok((await list()).includes(name));
      });
    }
  });`;

/** Files in the idiom's module system, from texts in ESM with imports on one line each. */
function inModules(idiom: Idiom, files: Readonly<Record<string, string>>): Record<string, string> {
  const written = (ending: string, change: (text: string) => string): Record<string, string> =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name + ending, change(text)]));
  if (idiom.module === "esm") return written(".mjs", (text) => text);
  if (idiom.module === "ts") return written(".ts", (text) => text.replaceAll('.mjs"', '"'));
  return written(".js", (text) =>
    text
      .replace(/import (\{[^}]*\}) from ("[^"]*");/g, (_, names: string, from: string) => {
        return `const ${names.replace(/ as /g, ": ")} = require(${from.replace(".mjs", ".js")});`;
      })
      .replace(/export const (\w+)/g, "const $1 = exports.$1"),
  );
}

/** An application that opens its database when its modules load, and never closes it. */
const APPLICATION = {
  "src/db": `import { drizzle } from "drizzle-orm/node-postgres";
    import { Pool } from "pg";
    export const db = drizzle({ client: new Pool({ connectionString: process.env.DATABASE_URL, allowExitOnIdle: true }) });`,
  "src/things": `import { sql } from "drizzle-orm";
    import { db } from "./db.mjs";
    export const add = (name, by = db) => by.execute(sql\`insert into things (name) values (\${name})\`);
    export const addAll = (names, by = db) =>
      by.transaction(async (tx) => { for (const name of names) await add(name, tx); });
    export const list = async (by = db) => {
      const found = await by.execute(sql\`select name from things order by id\`);
      return (found.rows ?? found).map(({ name }) => name);
    };`,
};

/** `by` is what the application is handed; nothing where it has a database of its own. */
const things = (idiom: Idiom, by: string): string => `
  ${idiom.head}
  import { equal, rejects } from "node:assert/strict";
  import { add, addAll, list } from "../src/things.mjs";

  describeWhere("things", () => {
    test("are added", async () => {
      await addAll(["a", "b"]${by});
      equal(String(await list(${by.slice(1)})), "a,b");
    });
    test("are added to none", async () => {
      await rejects(addAll(["c", "c"]${by}));
      await add("c"${by});
      await rejects(add("c"${by}));
      equal(String(await list(${by.slice(1)})), "c");
    });
    test("fail", async () => {
      await add("left behind"${by});
      throw new Error("on purpose");
    });
    test("are not seen after a failure", async () => {
      equal(String(await list(${by.slice(1)})), "");
      await add("last"${by});
    });
  });`;

describe.skipIf(!isIntegrationEnabled()).each(IDIOMS.map((idiom) => [idiom.name, idiom] as const))("%s", (_, idiom) => {
  const isOneLookEnough = idiom.isVariant && !process.env["ALL_RUNNERS"];
  let project: Project;
  const file = `test/things.test.${{ esm: "mjs", cjs: "js", ts: "ts" }[idiom.module]}`;
  const run = (options: Options, by: string, driver: "" | "/pg", env = {}, suite = things(idiom, by)): Run => {
    const url = process.env["TEST_DB_URL"];
    project.write(idiom.setup({ migrationsFolder: "drizzle", ...(url ? { url } : {}), ...options }, driver));
    project.write(inModules(idiom, { ...APPLICATION, "test/things.test": suite }));
    return project.run(idiom.command([file]), env);
  };
  beforeAll(() => {
    project = makeProject(idiom.packages, MIGRATIONS);
  });
  afterAll(() => project?.remove());

  it.runIf(idiom.isConcurrent || process.env["ALL_RUNNERS"])(
    "gives a file one unit, where nothing happens between its tests",
    () => {
      const { status, output } = run({ env: "DATABASE_URL" }, "", "", {}, sharing(idiom));
      expect(output).toMatch(/(3 passed|3 pass|pass 3)\b/);
      expect(status).toBe(0);
    },
  );

  it.skipIf(idiom.isConcurrent)(
    "isolates an application with a database of its own, and keeps what a failed test left",
    async () => {
      const { status, output } = run({ env: "DATABASE_URL", between: "reset" }, "", "");
      await expectOneFailure(project, status, output);
    },
  );

  it.skipIf(idiom.isConcurrent)(
    "isolates an application that is handed testDb.db, in a transaction of the test's",
    async () => {
      const { status, output } = run({ between: "rollback" }, ", globalThis.testDb.db", "/pg");
      await expectOneFailure(project, status, output);
    },
  );

  it.skipIf(isOneLookEnough)("skips where the flag is off, and lets nothing reach a database", () => {
    const { status, output } = run({ env: "DATABASE_URL" }, "", "", {
      TEST_DB_IT: "0",
      TEST_DB_URL: "postgres://nobody@127.0.0.1:1/none",
    });
    expect(output).not.toMatch(/on purpose|ECONNREFUSED/);
    expect(output).toMatch(/skip/i);
    expect(status).toBe(0);
  });
});

/** Of four tests, one failed; what it wrote can be looked at by the line that was printed. */
async function expectOneFailure(project: Project, status: number | null, output: string): Promise<void> {
  expect(output).toContain("on purpose");
  expect(output).toMatch(/(3 passed|3 pass|pass 3)\b/);
  expect(output).toMatch(/(1 failed|1 fail|fail 1)\b/);
  expect(status).toBe(1);
  const [, unit = ""] = /npx with-test-db drop (it_\w+)/.exec(output) ?? [];
  expect(unit, output).toMatch(/^it_(things_)?failed_/);
  expect(output).toMatch(new RegExp(`kept the schema ${unit} of .*things.* > fail"`));
  const cli = (command: string): Run => project.run([process.execPath, `${root}/dist/cli.mjs`, command, unit]);
  const { units } = JSON.parse(project.run([process.execPath, `${root}/dist/cli.mjs`, "status", "--json"]).output);
  expect(units).toContainEqual(
    expect.objectContaining({
      name: unit,
      holder: expect.objectContaining({ file: expect.stringMatching(/^test\/things\.test\.\w+$/) }),
    }),
  );
  const client = postgres(cli("url").output.trim(), { max: 1 });
  expect([...(await client`select name from things`)]).toEqual([{ name: "left behind" }]);
  await client.end();
  expect(cli("drop").status).toBe(0);
}
