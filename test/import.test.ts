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

describe.skipIf(!existsSync(`${root}/dist/index.mjs`))("importing the built package", () => {
  const run = (args: string[]): string => {
    // with the flag set it begins to load the driver
    const { TEST_DB_IT: _, ...env } = process.env;
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return stdout;
  };

  it.each([
    ["with-test-db", "index"],
    ["with-test-db/pg", "pg"],
  ])(
    "exports the documented names and loads no driver, no embedded server and no WebAssembly: %s",
    (specifier, file) => {
      const { names, loaded } = JSON.parse(run(["--input-type=module", "-e", programFor(specifier)])) as {
        names: string[];
        loaded: string[];
      };
      expect(names).toEqual(["TestDbError", "buildHome", "defineTestDb", "isIntegrationEnabled", "withTestDb"]);
      expect(loaded.some((url) => url.endsWith(`/dist/${file}.mjs`))).toBe(true);
      expect(
        loaded.filter((url) =>
          /postgres|drizzle-orm|embedded|wasm|pg-dump|pglite|node_modules\/pg/.test(url.replace(root, "")),
        ),
      ).toEqual([]);
    },
  );

  it("loads drizzle-orm for the mock, and no driver", () => {
    const { names, loaded } = JSON.parse(run(["--input-type=module", "-e", programFor("with-test-db/mock")])) as {
      names: string[];
      loaded: string[];
    };
    expect(names).toEqual(["createMockDb", "postgresError"]);
    const files = loaded.map((url) => url.replace(/^file:\/\//, "").replace(root, ""));
    expect(files.filter((file) => file.startsWith("dist/"))).toEqual(["dist/mock.mjs"]);
    expect(files.some((file) => file.startsWith("node_modules/drizzle-orm/"))).toBe(true);
    expect(
      files.filter((file) => /node_modules\/(?!drizzle-orm\/)|\/(postgres-js|node-postgres)\//.test(file)),
    ).toEqual([]);
  });

  it("loads nothing but itself as with-test-db/seams", () => {
    const { names, loaded } = JSON.parse(run(["--input-type=module", "-e", programFor("with-test-db/seams")])) as {
      names: string[];
      loaded: string[];
    };
    expect(names).toEqual([
      ...["advisoryLockHolders", "backendPid", "blockUntilWaiting", "isRedisAvailable", "killConnection", "race"],
      "withTestRedis",
    ]);
    expect(loaded.filter((url) => !url.startsWith("node:")).map((url) => url.split("/").slice(-2).join("/"))).toEqual([
      "dist/seams.mjs",
    ]);
  });

  it("has no import() in what require() loads: Jest does none", () => {
    const files = readdirSync(`${root}/dist`).filter((name) => name.endsWith(".cjs"));
    const importing = files.filter((name) => /\bimport\(/.test(readFileSync(`${root}/dist/${name}`, "utf8")));
    expect(files.length).toBeGreaterThan(5);
    expect(importing).toEqual([]);
  });

  it.each(["with-test-db/assertions"])("loads nothing but its own files: %s", (specifier) => {
    const { loaded } = JSON.parse(run(["--input-type=module", "-e", programFor(specifier)])) as { loaded: string[] };
    const own = loaded.filter((url) => !url.startsWith("node:")).map((url) => url.split("/dist/")[1] ?? url);
    expect(own).toContain(`${specifier.split("/")[1]}.mjs`);
    expect(own.filter((file) => file.includes("node_modules") || /^(core|entry|index|pg)\b/.test(file))).toEqual([]);
    expect(own.length).toBeLessThan(5);
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
