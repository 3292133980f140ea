import { describe, expect, it } from "vitest";
import { assertNotProduction, assertTargetAllowed, hostsIn } from "../../src/guard/locality.ts";
import { parseTarget } from "../../src/target/connection-url.ts";
import { describeTarget } from "../../src/target/target.ts";

/** Whether a target is let through, or which part of it says production, or that it is remote, or no URL at all. */
function decision(url: string, remoteHosts: readonly string[] = []): string {
  try {
    assertTargetAllowed(parseTarget(url, "option url"), remoteHosts);
    return "allowed";
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    if (code === "TARGET_INVALID") return "invalid";
    return (
      /why: {2}its (\w+) is called/.exec(message)?.[1] ?? (/is not this machine/.test(message) ? "remote" : message)
    );
  }
}

const onHost = (host: string): string => decision(`postgres://me:pw@${host}/app_test`);

describe("a host", () => {
  it.each([
    ...["localhost", "LOCALHOST", "LocalHost", "localhost:6543", "127.0.0.1", "127.0.0.53", "127.255.255.255:5433"],
    ...["[::1]", "[::1]:5433", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]"],
    ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f12:3456]", "[::FFFF:127.9.9.9]"],
    ...["%2Frun%2Fpostgresql", "%2ftmp", "postgres", "POSTGRES:5432", "db", "host.docker.internal", "127%2E0.0.1", ""],
  ])("%j is this machine's", (host) => {
    expect(onHost(host)).toBe("allowed");
  });

  it.each([
    // not in the usual spelling: what one parser takes for loopback, another resolves
    ...[
      "2130706433",
      "0x7f.1",
      "0x7f000001",
      "0177.0.0.1",
      "127.1",
      "127.0.1",
      "127.000.000.001",
      "127.0.0.1.",
      "1.27.0.1",
    ],
    ...["0.0.0.0", "0", "[::]", "[::ffff:0.0.0.0]", "[::ffff:7f:1]", "[::ffff:7f]", "[::7f00:1]", "[64:ff9b::7f00:1]"],
    ...["[fe80::1]", "[::2]", "[fd00::1]", "[::ffff:10.0.0.1]", "[::ffff:128.0.0.1]"],
    ...[
      "localhost.",
      "localhost.evil.example",
      "localhost.localdomain",
      "127.0.0.1.nip.io",
      "evil-localhost",
      "localhost2",
    ],
    ...["10.0.0.5", "172.17.0.2", "192.168.1.10", "169.254.169.254", "128.0.0.1", "100.64.0.1"],
    ...[
      "db.internal",
      "db1",
      "db.",
      "postgres.internal",
      "postgresql",
      "pg",
      "docker.internal",
      "host.docker.internal.example",
    ],
    ...["%6cocalhos%74.example", "lo%63alhost%2eexample", "db.%65xample", "xn--lcalhost-4zb", "loc%C3%A4lhost"],
  ])("%j is not taken for this machine's", (host) => {
    expect(onHost(host)).toBe("remote");
  });

  it.each([
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[127.0.0.1]",
    "[::1",
    "a,b",
    "127.0.0.1,evil.example",
    "local host",
    "..%2Ftmp",
    "a%2Cb",
  ])("%j is refused as no host at all", (host) => {
    expect(onHost(host)).toBe("invalid");
  });

  it("in a parameter outranks the one before the path, for the decision too", () => {
    expect(decision("postgres://me@localhost/app?host=db.example.com")).toBe("remote");
    expect(decision("postgres://me@db.example.com/app?host=/run/postgresql")).toBe("allowed");
    expect(decision("postgres://me@db.example.com/app?host=localhost&host=db.example.com")).toBe("allowed");
    expect(decision("postgres://me@x/app?host=::1")).toBe("allowed");
    expect(decision("postgres://me@x/app?host=::1%25lo")).toBe("remote");
    expect(parseTarget("postgres://me@a/app?host=localhost&host=b", "option url").host).toBe("localhost");
  });
});

describe("a name", () => {
  const production = [
    "prod",
    "prd",
    "production",
    "live",
    "PRODUCTION",
    "Prod",
    "latest_prod",
    "prod1",
    "prod_2",
    "my-prod-db",
  ];
  const camel = [
    "appProd",
    "appProduction2",
    "APIProd",
    "DBProd",
    "proddb",
    "dbprod",
    "PRODdb",
    "liveDB",
    "live-db",
    "goLive",
  ];
  const hidden = ["prod.eu", "eu/prod", "app prod", "non-prod", "%70rod", "pro%64", "_live_", "prod🚀"];
  it.each([...production, ...camel, ...hidden])("%j says production, and even a local server is refused", (name) => {
    expect(decision(`postgres://me@localhost/${name.replace("/", "%2F")}`)).toBe("database");
    expect(decision(`postgres://${name.replace("/", "%2F")}@localhost/app`)).toBe("user");
  });

  const innocent = [
    "contest",
    "reproduction",
    "products",
    "product",
    "prodigy",
    "approd",
    "liveblog",
    "alive",
    "olive",
    "deliver",
  ];
  const close = ["app_test", "test", "reprod", "prodded", "lives", "liver", "preproduct", "liveness"];
  it.each([...innocent, ...close])("%j does not", (name) => {
    expect(decision(`postgres://me@localhost/${name}`)).toBe("allowed");
    expect(decision(`postgres://${name}@localhost/app`)).toBe("allowed");
  });

  it("of a host that says production is refused even where that host is allowed", () => {
    expect(decision("postgres://me@prod.example.com/app", ["prod.example.com"])).toBe("host");
    expect(decision("postgres://me@db-prod1/app", ["db-prod1"])).toBe("host");
    expect(decision("postgres://me@%2Frun%2Fprod/app")).toBe("host");
  });
});

describe("an allowed host", () => {
  it.each([
    ["db.ci.example", "db.ci.example", "allowed"],
    ["DB.ci.example", "db.CI.example", "allowed"],
    ["10.0.0.5", "a, 10.0.0.5\n b", "allowed"],
    ["[fd00::1]", "fd00::1", "allowed"],
    ["db.ci.example", "ci.example", "remote"],
    ["db.ci.example", "*", "remote"],
    ["db.ci.example", ".*", "remote"],
    ["db.ci.example.evil.example", "db.ci.example", "remote"],
    ["evil", "", "remote"],
    ["10.0.0.5", "10.0.0", "remote"],
  ])("%s with TEST_DB_ALLOW_REMOTE=%j is %s", (host, list, expected) => {
    expect(decision(`postgres://me@${host}/app`, hostsIn(list))).toBe(expected);
  });

  it("is read from a list separated by commas or blanks", () => {
    expect(hostsIn(" a,b  c,,\n\td ,")).toEqual(["a", "b", "c", "d"]);
    expect(hostsIn("")).toEqual([]);
    expect(hostsIn(undefined)).toEqual([]);
  });
});

describe("a refusal", () => {
  const target = parseTarget("postgres://me:hunter2@db.example.com:6000/shop", "option url");
  it("says why a remote server is not touched, and what to type if it is for tests", () => {
    expect(() => assertTargetAllowed(target, [])).toThrow(
      [
        "me@db.example.com:6000/shop was not touched.",
        "  why:  db.example.com is not this machine, and tests make and drop databases where they run",
        "  next: if it is for tests: TEST_DB_ALLOW_REMOTE=db.example.com npm test",
        "  code: TARGET_REFUSED",
      ].join("\n"),
    );
  });

  it("names the part and the word that say production", () => {
    const named = { ...target, host: "localhost", database: "shopLive" };
    expect(() => assertTargetAllowed(named, [])).toThrow(
      [
        `${describeTarget(named)} was not touched.`,
        '  why:  its database is called "shopLive", which says Live',
        "  next: use a database that is for tests",
        "  code: TARGET_REFUSED",
      ].join("\n"),
    );
  });
});

describe("assertNotProduction", () => {
  it.each(
    ["NODE_ENV", "RUN_ENV", "APP_ENV"].flatMap((name) =>
      ["production", "prod", "prd", "live", " Production ", "PROD", "production-eu", "prod2"].map((stage) => [
        name,
        stage,
      ]),
    ),
  )("refuses everything where %s=%j", (name, stage) => {
    expect(() => assertNotProduction({ [name as string]: stage })).toThrow(
      [
        "No server was touched.",
        `  why:  ${name}=${stage}: this process says that it runs in production`,
        `  next: unset ${name}`,
        "  code: TARGET_REFUSED",
      ].join("\n"),
    );
  });

  it.each(["test", "development", "", "staging", "reproduction", "delivery", "ci"])("lets a stage %j pass", (stage) => {
    expect(() =>
      assertNotProduction({ NODE_ENV: stage, RUN_ENV: stage, APP_ENV: stage, OTHER_ENV: "prod" }),
    ).not.toThrow();
  });

  it("lets a process pass that says nothing", () => {
    expect(() => assertNotProduction({})).not.toThrow();
  });
});
