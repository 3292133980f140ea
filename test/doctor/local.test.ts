/** The checks that ask no server: of the environment, and of files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { checkEnvironment } from "../../src/doctor/environment.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import { checkFlag } from "../../src/doctor/flag.ts";
import { checkPackages } from "../../src/doctor/packages.ts";
import { checkTurbo } from "../../src/doctor/turbo.ts";
import { temporaryFolder } from "../support/migrations.ts";

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const levels = (findings: readonly Finding[]): string[] => findings.map(({ level }) => level);

describe("the environment", () => {
  const NAMES = [
    "TEST_DB_IT",
    "TEST_DBIT",
    "TEST_DB_KEPE",
    "TEST_DB_KEEP",
    "TEST_DB_ISOLATION",
    "TEST_DB_EMBEDDED_IDLE",
    "CI",
    "NODE_ENV",
  ];
  const given = (variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
    for (const name of NAMES) vi.stubEnv(name, variables[name]);
    return process.env;
  };
  afterEach(() => vi.unstubAllEnvs());

  it.each<[Record<string, string>, Record<string, string>, string, RegExp]>([
    [{ TEST_DB_IT: "1" }, {}, "ok", /suites run/],
    [{ TEST_DB_IT: "ja" }, {}, "problem", /neither yes nor no/],
    [{}, {}, "note", /is not set: integration suites are skipped/],
    [{ CI: "true" }, {}, "problem", /is not set/],
    [{ CI: "true", TEST_DB_IT: "0" }, {}, "note", /=0: integration suites are skipped/],
    [{ TEST_DBIT: "1" }, {}, "problem", /^TEST_DBIT is set, but TEST_DB_IT is not/],
    [{ CI: "true" }, { "test:it": "cross-env TEST_DB_IT=1 vitest run" }, "ok", /the script test:it sets it/],
  ])("says of %j whether suites run, with the scripts %j: %s", (variables, scripts, level, words) => {
    expect(checkFlag(given(variables), scripts)).toEqual([
      expect.objectContaining({ level, what: expect.stringMatching(words) }),
    ]);
  });

  it.each<[Record<string, string>, string, RegExp]>([
    [{}, "ok", /no variable is in the way/],
    [{ NODE_ENV: "production" }, "problem", /No server was touched/],
    [{ TEST_DB_ISOLATION: "shcema" }, "problem", /TEST_DB_ISOLATION must be/],
    [{ TEST_DB_KEEP: "perhaps" }, "problem", /TEST_DB_KEEP/],
    [{ TEST_DB_EMBEDDED_IDLE: "soon" }, "problem", /not a number of seconds/],
    [{ TEST_DB_KEPE: "1" }, "note", /^TEST_DB_KEPE is set, and nothing reads it/],
    [{ CI: "true" }, "ok", /^CI is set: /],
  ])("%j is %s", (variables, level, words) => {
    expect(checkEnvironment(folderOf({}), given(variables))).toEqual([
      expect.objectContaining({ level, what: expect.stringMatching(words) }),
    ]);
  });

  it("says what of it comes from .env.test", () => {
    const folder = folderOf({ ".env.test": "TEST_DB_URL=postgres://me:hunter2@127.0.0.1/test\nOTHER=1" });
    const findings = checkEnvironment(folder, given({}));
    expect(findings).toMatchObject([{ level: "ok", what: expect.stringContaining(".env.test has TEST_DB_URL:") }]);
    expect(JSON.stringify(findings)).not.toContain("hunter2");
  });
});

describe("turbo", () => {
  const WITH_COMMENTS = `{
    // "TEST_DB_*" is not meant here
    "tasks": { "test": { "env": ["OTHER", /* and */ "TEST_DB_*",], "url": "https://a//b", }, },
  }`;
  it.each<[string, string, NodeJS.ProcessEnv, string[]]>([
    ["{}", "turbo.json", {}, ["note"]],
    ["{}", "turbo.json", { TEST_DB_URL: "postgres://x" }, ["problem"]],
    ['{ "globalPassThroughEnv": ["TEST_DB_IT", "TEST_DB_URL"] }', "turbo.json", { TEST_DB_IT: "1" }, ["ok"]],
    ['{ "tasks": { "test": { "passThroughEnv": ["TEST_DB_IT"] } } }', "turbo.json", { TEST_DB_IT: "1" }, ["note"]],
    ['{ "envMode": "loose" }', "turbo.json", { TEST_DB_IT: "1" }, ["ok"]],
    [WITH_COMMENTS, "turbo.jsonc", { TEST_DB_IT: "1" }, ["ok"]],
    ["{", "turbo.json", {}, ["note"]],
  ])("%s in %s, of %j: %j", (text, name, environment, expected) => {
    const folder = folderOf({ [name]: text, "packages/a/package.json": "{}" });
    expect(levels(checkTurbo(join(folder, "packages", "a"), environment))).toEqual(expected);
  });

  it("says nothing where there is none", () => {
    expect(checkTurbo(folderOf({}), {})).toEqual([]);
  });
});

describe("packages", () => {
  const installed = (versions: Readonly<Record<string, string>>): string =>
    folderOf(
      Object.fromEntries(
        Object.entries(versions).map(([name, version]) => [
          `node_modules/${name}/package.json`,
          JSON.stringify({ name, version }),
        ]),
      ),
    );
  const NODE = { ...process.versions, bun: undefined, node: "22.11.0" } as unknown as NodeJS.ProcessVersions;
  const found = (versions: Readonly<Record<string, string>>, runtime = NODE): string[] =>
    checkPackages(installed(versions), runtime)
      // those of the library's own
      .filter(({ what }) => !what.startsWith("There are two drizzle-orm"))
      .map(({ level, what }) => `${level} ${what}`);

  it("are all there, in versions that are supported", () => {
    expect(
      found({ "drizzle-orm": "0.45.4", "drizzle-kit": "0.31.11", postgres: "3.4.9", pg: "8.23.1", vitest: "4.1.0" }),
    ).toEqual([
      ...["ok Node 22.11.0", "ok drizzle-orm 0.45.4", "ok drizzle-kit 0.31.11", "ok postgres 3.4.9", "ok pg 8.23.1"],
    ]);
  });

  it("are missing", () => {
    expect(found({})).toEqual([
      "ok Node 22.11.0",
      "problem The package drizzle-orm is not installed",
      expect.stringMatching(/^note The package drizzle-kit is not installed here/),
      "problem The package postgres is not installed",
    ]);
  });

  it.each([
    ["drizzle-orm", "0.35.9", /^problem drizzle-orm 0\.35\.9 is installed$/],
    ["drizzle-orm", "0.46.0", /^note drizzle-orm 0\.46\.0 is none of the versions/],
    ["drizzle-orm", "1.0.0-beta.3", /^note drizzle-orm 1\.0\.0-beta\.3 is none of the versions/],
    ["drizzle-orm", "1.0.0-rc.1", /^ok drizzle-orm 1\.0\.0-rc\.1$/],
    ["drizzle-orm", "1.2.0", /^ok drizzle-orm 1\.2\.0$/],
    ["postgres", "3.4.4", /^note postgres 3\.4\.4 is older than 3\.4\.5/],
    ["pg", "8.9.0", /^note pg 8\.9\.0 is older than 8\.11\.0/],
    ["vitest", "2.1.9", /^note vitest 2\.1\.9 is older than 3\.2/],
  ])("%s %s", (name, version, words) => {
    expect(found({ [name]: version })).toContainEqual(expect.stringMatching(words));
  });

  it("of two lines do not fit", () => {
    expect(found({ "drizzle-orm": "0.45.4", "drizzle-kit": "1.0.0-rc.1" })).toContainEqual(
      "note drizzle-kit 1.0.0-rc.1 writes migrations that drizzle-orm 0.45.4 does not run",
    );
  });

  it("of which there are two copies, are told of", () => {
    const [, , copies] = checkPackages(installed({ "drizzle-orm": "0.44.0" }), NODE);
    expect(copies).toMatchObject({
      level: "note",
      what: expect.stringMatching(/^There are two drizzle-orm: 0\.44\.0 for the project, /),
    });
  });

  it("run on a Node that is too old", () => {
    const node = { ...NODE, node: "20.18.1" } as NodeJS.ProcessVersions;
    expect(found({}, node)[0]).toBe("problem Node 20.18.1 is too old: 20.19 is the oldest that is supported");
  });
});
