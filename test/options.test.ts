import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type KnownOptions, NODE_POSTGRES, POSTGRES_JS } from "../src/driver-options.ts";
import { TestDbError } from "../src/errors.ts";
import { type CommonOptions, resolveOptions, unitName } from "../src/options.ts";
import { PATIENCE, runs } from "./support/cases.ts";

const VARIABLES = ["TEST_DB_URL", "TEST_DB_ISOLATION", "TEST_DB_KEEP", "TEST_DB_ALLOW_REMOTE", "CI"];
beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

const migrationsFolder = "/repo/drizzle";
const resolve = (options: object): ReturnType<typeof resolveOptions> =>
  resolveOptions({ migrationsFolder, ...options } as CommonOptions<unknown>);
const step = { key: "k", run: async (): Promise<void> => {} };
const circle: { self?: object } = {};
circle.self = circle;

const isText = "a string that is not empty";
const isObject = "an object";
const isStep = "{ key: string, run: ({ client, db }) => … }";
const isSeed = `${isStep}, or an array of such and of files (.sql, .csv, .json)`;

describe("resolveOptions", () => {
  it("fills in what was left out", () => {
    expect(resolve({})).toEqual({
      migrationsFolder,
      url: undefined,
      isolation: "auto",
      unitName: expect.stringMatching(/^it_[a-z0-9]{14}$/),
      prepare: undefined,
      seed: undefined,
      remoteHosts: [],
      reuse: true,
      keep: "on-failure",
      deadline: 60_000,
      checkDeferred: true,
      flag: "TEST_DB_IT",
      testFile: "test/options.test.ts",
    });
  });

  it("keeps what was given", () => {
    const given = {
      ...{
        url: "postgres://a",
        isolation: "database",
        label: "Catalog",
        prepare: ["a.sql"],
        seed: step,
      },
      ...{
        dangerouslyAllowRemote: ["db.ci"],
        reuse: false,
        keep: true,
        deadline: 0,
        checkDeferred: false,
        flag: "CATALOG_IT",
      },
      ...{ schema: {}, relations: {}, drizzle: {}, client: {} },
    };
    expect(resolve(given)).toEqual({
      migrationsFolder,
      url: "postgres://a",
      isolation: "database",
      unitName: expect.stringMatching(/^it_catalog_[a-z0-9]{14}$/),
      prepare: ["a.sql"],
      seed: step,
      remoteHosts: ["db.ci"],
      reuse: false,
      keep: true,
      deadline: 0,
      checkDeferred: false,
      flag: "CATALOG_IT",
      testFile: "test/options.test.ts",
    });
  });

  it("treats undefined as left out", () => {
    const names = [
      ...["url", "isolation", "label", "prepare", "seed", "dangerouslyAllowRemote", "keep", "deadline"],
      ...["flag", "schema"],
    ];
    const left = resolve(Object.fromEntries(names.map((name) => [name, undefined])));
    expect({ ...left, unitName: "" }).toEqual({ ...resolve({}), unitName: "" });
  });

  it.each<[name: string, value: unknown, what: string]>([
    ["schema", 1, `schema must be ${isObject}, and is 1`],
    ["schema", null, `schema must be ${isObject}, and is null`],
    ["relations", "x", `relations must be ${isObject}, and is "x"`],
    ["migrationsFolder", 7, `migrationsFolder must be ${isText}, and is 7`],
    ["migrationsFolder", "", `migrationsFolder must be ${isText}, and is ""`],
    ["migrationsFolder", undefined, "migrationsFolder must be the folder that drizzle-kit writes, and is nothing"],
    ["url", "", `url must be ${isText}, and is ""`],
    ["url", { password: "hunter2" }, `url must be ${isText}, and is object`],
    ["isolation", "schemas", 'isolation must be "auto", "schema" or "database", and is "schemas"'],
    ["isolation", ["auto"], 'isolation must be "auto", "schema" or "database", and is ["auto"]'],
    ["label", "", `label must be ${isText}, and is ""`],
    ["label", Symbol("x"), `label must be ${isText}, and is Symbol(x)`],
    ["prepare", "a.sql", `prepare must be ${isStep}, or an array of such and of SQL files, and is "a.sql"`],
    ["prepare", [1], `prepare must be ${isStep}, or an array of such and of SQL files, and is [1]`],
    ["prepare", { key: "k" }, `prepare must be ${isStep}, or an array of such and of SQL files, and is {"key":"k"}`],
    [
      "prepare",
      ["a.sql", { key: "k" }],
      `prepare must be ${isStep}, or an array of such and of SQL files, and is ["a.sql",{"key":"k"}]`,
    ],
    ["seed", () => {}, `seed must be ${isSeed}, and is a function`],
    ["seed", { key: 1, run() {} }, `seed must be ${isSeed}, and is {"key":1}`],
    ["seed", null, `seed must be ${isSeed}, and is null`],
    ["seed", circle, `seed must be ${isSeed}, and is [object Object]`],
    ["seed", ["a.csv", { key: "k" }], `seed must be ${isSeed}, and is ["a.csv",{"key":"k"}]`],
    ["dangerouslyAllowRemote", true, "dangerouslyAllowRemote must be an array of host names, and is true"],
    ["dangerouslyAllowRemote", "db.ci", 'dangerouslyAllowRemote must be an array of host names, and is "db.ci"'],
    ["reuse", "no", 'reuse must be true or false, and is "no"'],
    ["keep", 1n, 'keep must be true, false or "on-failure", and is 1'],
    ["keep", 0, 'keep must be true, false or "on-failure", and is 0'],
    ["keep", "failure", 'keep must be true, false or "on-failure", and is "failure"'],
    ["deadline", "60s", 'deadline must be a number of milliseconds, and is "60s"'],
    ["deadline", -1, "deadline must be a number of milliseconds, and is -1"],
    ["deadline", Number.NaN, "deadline must be a number of milliseconds, and is null"],
    ["deadline", 2 ** 31, "deadline must be a number of milliseconds, and is 2147483648"],
    ["flag", true, "flag must be the name of an environment variable, and is true"],
    ["flag", "TEST_DB_IT=1", 'flag must be the name of an environment variable, and is "TEST_DB_IT=1"'],
    ["drizzle", false, `drizzle must be ${isObject}, and is false`],
    ["client", "postgres://me:hunter2@h", `client must be ${isObject}, and is string`],
    ["label", ["x".repeat(80)], `label must be ${isText}, and is ["${"x".repeat(58)}…`],
  ])("refuses a bad %s (case %#)", (name, value, what) => {
    let refusal: unknown;
    try {
      resolve({ [name]: value });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toEqual(new TestDbError("OPTION_INVALID", { what }));
  });

  it.each([undefined, null, "drizzle", 1])("refuses %j in place of options", (options) => {
    expect(() => resolveOptions(options as never)).toThrow(/^options must be an object, and is /);
  });

  it.each<[name: string, why: string]>([
    ["migrationFolder", 'did you mean "migrationsFolder"?'],
    ["migrationsfolder", 'did you mean "migrationsFolder"?'],
    ["URL", 'did you mean "url"?'],
    ["isolaton", 'did you mean "isolation"?'],
    ["lable", 'did you mean "label"?'],
    ["seeds", 'did you mean "seed"?'],
    ["dangerouslyAllowRemotes", 'did you mean "dangerouslyAllowRemote"?'],
    ["allowRemote", "it may be misspelt, or of another version"],
    ["toString", "it may be misspelt, or of another version"],
    ["constructor", "it may be misspelt, or of another version"],
    ["", "it may be misspelt, or of another version"],
  ])("does not know %j, and says what it may have been", (name, why) => {
    expect(() => resolve({ [name]: undefined })).toThrow(
      new TestDbError("OPTION_INVALID", {
        what: `withTestDb() has no option ${JSON.stringify(name)}`,
        why,
        next: "use one of schema, relations, migrationsFolder, url, isolation, label, prepare, seed, dangerouslyAllowRemote, reuse, keep, deadline, checkDeferred, flag, drizzle, client",
      }),
    );
  });
});

describe("the environment", () => {
  it("decides what the options leave open, and nothing else", () => {
    vi.stubEnv("TEST_DB_ISOLATION", "schema");
    vi.stubEnv("TEST_DB_KEEP", "Yes");
    expect(resolve({})).toMatchObject({
      isolation: "schema",
      keep: true,
    });
    expect(resolve({ url: "postgres://option", isolation: "auto", keep: false })).toMatchObject({
      url: "postgres://option",
      isolation: "auto",
      keep: false,
    });
  });

  it("is as good as unset where it is empty", () => {
    for (const name of VARIABLES) vi.stubEnv(name, "");
    expect(resolve({})).toMatchObject({ url: undefined, isolation: "auto", keep: "on-failure", remoteHosts: [] });
  });

  it.each([
    // TEST_DB_KEEP, CI, keep
    [undefined, undefined, "on-failure"],
    [undefined, "false", "on-failure"],
    [undefined, "0", "on-failure"],
    [undefined, "true", false],
    [undefined, "1", false],
    [undefined, "woodpecker", false],
    [" ", "true", false],
    ["on-failure", "true", "on-failure"],
    ["On-Failure", undefined, "on-failure"],
    ["0", undefined, false],
    ["off", undefined, false],
    ["1", "true", true],
  ])("keeps units by default only where somebody may look: TEST_DB_KEEP=%s CI=%s", (chosen, ci, keep) => {
    vi.stubEnv("TEST_DB_KEEP", chosen);
    vi.stubEnv("CI", ci);
    expect(resolve({}).keep).toBe(keep);
    expect(resolve({ keep: true }).keep).toBe(true);
  });

  it("is refused where it is none of these", () => {
    vi.stubEnv("TEST_DB_KEEP", "on-fail");
    expect(() => resolve({})).toThrow(expect.objectContaining({ code: "FLAG_INVALID" }));
  });

  it("adds its remote hosts to the option's", () => {
    vi.stubEnv("TEST_DB_ALLOW_REMOTE", "a, b");
    expect(resolve({ dangerouslyAllowRemote: ["c"] }).remoteHosts).toEqual(["c", "a", "b"]);
  });

  it("is refused by name when its isolation is unknown", () => {
    vi.stubEnv("TEST_DB_ISOLATION", "Schema");
    expect(() => resolve({})).toThrow(
      new TestDbError("OPTION_INVALID", {
        what: 'TEST_DB_ISOLATION must be "auto", "schema" or "database", and is "Schema"',
      }),
    );
  });
});

describe("unitName", () => {
  const labels = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 80 }),
    fc.constantFrom(
      "İstanbul",
      "ǅ",
      "\u212a",
      "\0",
      "'; drop schema public --",
      "it_",
      "_",
      "é".repeat(90),
      "A".repeat(300),
    ),
  );

  it(
    "needs no quoting and fits into a name of Postgres', whatever the label",
    () => {
      fc.assert(
        fc.property(labels, (label) => {
          const name = unitName(label);
          expect(name).toMatch(/^it_[a-z0-9_]+$/);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
        }),
        runs("identifiers: a unit's name"),
      );
    },
    PATIENCE,
  );

  it.each([
    ["Catalog service (v2)!", /^it_catalog_service_v2_[a-z0-9]{14}$/],
    ["  __x__  ", /^it_x_[a-z0-9]{14}$/],
    ["x".repeat(40), /^it_x{32}_[a-z0-9]{14}$/],
    ["🚀", /^it_[a-z0-9]{14}$/],
    [undefined, /^it_[a-z0-9]{14}$/],
  ])("of %j can be found again", (label, expected) => {
    expect(unitName(label)).toMatch(expected);
  });

  it("is never given twice", () => {
    expect(new Set(Array.from({ length: 20_000 }, () => unitName("a"))).size).toBe(20_000);
  });
});

describe("options of the driver and of Drizzle", () => {
  const given = (options: object, known: KnownOptions): void =>
    void resolveOptions({ migrationsFolder: "drizzle", ...options } as never, known);
  const DRIVERS = [POSTGRES_JS, NODE_POSTGRES];

  it.each(DRIVERS)("are refused by name where they lead elsewhere: $of", (known) => {
    expect(known.where).toEqual(expect.arrayContaining(["host", "port", "user", "password", "database", "ssl"]));
    for (const name of known.where) {
      expect(() => given({ client: { [name]: "hunter2" } }, known)).toThrow(
        new TestDbError("OPTION_INVALID", {
          what: `client must not hold "${name}"`,
          why: "the unit decides where its client connects, and as whom",
          next: "name the server with the option url, or with TEST_DB_URL",
        }),
      );
    }
  });

  it.each(DRIVERS)("are taken where the driver knows them, or where they are undefined: $of", (known) => {
    const { max: _, ...client } = Object.fromEntries(known.known.map((name) => [name, {}]));
    given({ client: { ...client, max: 1, host: undefined, nothing: undefined } }, known);
    given({ drizzle: { logger: true, cache: {}, casing: "snake_case", jit: true }, client: undefined }, known);
  });

  it("are refused where a driver does not know them, with what was meant", () => {
    expect(() => given({ client: { idle_timeouts: 1 } }, POSTGRES_JS)).toThrow('did you mean "idle_timeout"?');
    expect(() => given({ client: { idleTimeoutMilis: 1 } }, NODE_POSTGRES)).toThrow(
      'did you mean "idleTimeoutMillis"?',
    );
    expect(() => given({ client: { idle_timeout: 1 } }, NODE_POSTGRES)).toThrow("node-postgres has no such option");
    expect(() => given({ client: { statement_timeout: 1 } }, POSTGRES_JS)).toThrow("postgres.js has no such option");
    expect(() => given({ drizzle: { loger: true } }, POSTGRES_JS)).toThrow('did you mean "logger"?');
    expect(() => given({ drizzle: { schema: {} } }, POSTGRES_JS)).toThrow("withTestDb({ schema, migrationsFolder })");
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null])("let %j connections be none", (max) => {
    for (const known of DRIVERS) {
      expect(() => given({ client: { max } }, known)).toThrow("client.max must be a whole number over 0, and is ");
    }
  });
});
