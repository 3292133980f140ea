import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What importing the built package loads, as Node's own module hooks and the list of loaded files tell. */
const programFor = (specifier: string): string => `
import { register } from "node:module";
import { MessageChannel } from "node:worker_threads";
const loaded = [];
const { port1, port2 } = new MessageChannel();
port1.on("message", (url) => loaded.push(url));
const hooks = "let port; export const initialize = (data) => { port = data.port }; export const load = async (url, context, next) => { port.postMessage(url); return next(url, context); };";
register("data:text/javascript," + encodeURIComponent(hooks), { data: { port: port2 }, transferList: [port2] });
const api = await import("${specifier}");
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(JSON.stringify({ names: Object.keys(api).sort(), loaded }));
process.exit(0);
`;

interface Imported {
  readonly names: string[];
  readonly loaded: string[];
}

describe.skipIf(!existsSync(`${root}/dist/index.mjs`))("importing the built package", () => {
  const run = (args: string[]): string => {
    // with the flag set it begins to load the driver
    const { TEST_DB_IT: _, ...env } = process.env;
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return stdout;
  };

  const UNITS = ["TestDbError", "buildHome", "defineTestDb", "isIntegrationEnabled", "withTestDb"];
  it.each([
    ["with-test-db", "index", UNITS],
    ["with-test-db/pg", "pg", UNITS],
    ["with-test-db/migrations", "migrations", ["migrateTo", "migrationTests"]],
    ["with-test-db/migrations/pg", "migrations-pg", ["migrateTo", "migrationTests"]],
  ])(
    "exports the documented names and loads no driver, no embedded server and no WebAssembly: %s",
    (specifier, file, exported) => {
      const { names, loaded } = JSON.parse(run(["--input-type=module", "-e", programFor(specifier)])) as Imported;
      expect(names).toEqual(exported);
      expect(loaded.some((url) => url.endsWith(`/dist/${file}.mjs`))).toBe(true);
      expect(
        loaded.filter((url) =>
          /postgres|drizzle-orm|embedded|wasm|pg-dump|pglite|node_modules\/pg/.test(url.replace(root, "")),
        ),
      ).toEqual([]);
    },
  );

  it.each<[string, string[], string[]]>([
    [
      "assertions",
      [
        "assertDatabaseError",
        "assertDeadlocks",
        "assertFailsToSerialize",
        "assertRepeatsNoQuery",
        "assertRunsAtMost",
      ].concat(
        ["assertServedByAnIndex", "assertViolatesCheck", "assertViolatesExclusion", "assertViolatesForeignKey"],
        ["assertViolatesNotNull", "assertViolatesUnique", "captureQueries", "changes", "countsOf", "describeSchema"],
        ["idsOf", "serializer", "stable"],
      ),
      [],
    ],
    ["fixtures", ["defineFactories", "defineFactory"], ["drizzle-orm"]],
    ["mock", ["createMockDb", "postgresError"], ["drizzle-orm"]],
    ["roles", ["neon", "supabase", "supabaseGrants", "supabaseUsers"], []],
    [
      "seams",
      ["advisoryLockHolders", "backendPid", "blockUntilWaiting", "isRedisAvailable", "killConnection", "race"].concat(
        "withTestRedis",
      ),
      [],
    ],
  ])("loads no other part of the library, no driver and no runner as with-test-db/%s", (name, exported, packages) => {
    const { names, loaded } = JSON.parse(
      run(["--input-type=module", "-e", programFor(`with-test-db/${name}`)]),
    ) as Imported;
    expect(names).toEqual(exported);
    const files = loaded.filter((url) => url.startsWith("file:")).map((url) => url.slice(`file://${root}`.length));
    const ours = files.filter((file) => file.startsWith("dist/")).map((file) => file.slice("dist/".length));
    expect(ours).toContain(`${name}.mjs`);
    // of those without a digest in their names
    const isOther = (file: string): boolean => /^(entry|core)-/.test(file) || !/-[\w-]{8}\.mjs$/.test(file);
    expect(ours.filter(isOther)).toEqual([`${name}.mjs`]);
    expect(ours.length).toBeLessThan(9);
    const used = files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
    expect([...new Set(used)]).toEqual(packages);
    expect(files.filter((file) => /drizzle-orm\/(postgres-js|node-postgres)\//.test(file))).toEqual([]);
  });

  it("has no import() in what require() loads, since Jest does none; but where that is expected", () => {
    const files = readdirSync(`${root}/dist`).filter((file) => file.endsWith(".cjs"));
    expect(files.length).toBeGreaterThan(5);
    const importing = files
      .map((file) => readFileSync(`${root}/dist/${file}`, "utf8"))
      .filter((text) => /\bimport\(/.test(text) && !text.includes("findDrivers"));
    expect(importing).toEqual([]);
  });

  it("works with require(), too", () => {
    const program = `const api = require("with-test-db");
      const loaded = Object.keys(require.cache).filter((file) => /drizzle-orm|embedded|wasm|pg-dump/.test(file));
      console.log(JSON.stringify({ names: Object.keys(api).sort(), loaded }))`;
    expect(JSON.parse(run(["--input-type=commonjs", "-e", program]))).toEqual({
      names: ["TestDbError", "buildHome", "defineTestDb", "isIntegrationEnabled", "withTestDb"],
      loaded: [],
    });
  });
});
