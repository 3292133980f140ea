import { userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { TestDbError } from "../../src/errors.ts";
import { parseTarget } from "../../src/target/connection-url.ts";
import { describeTarget, onDatabase, type Target } from "../../src/target/target.ts";

const me = userInfo().username;
const base: Target = {
  host: "localhost",
  port: 5432,
  user: "me",
  password: undefined,
  database: "app",
  tls: "allow",
  tlsRootCert: undefined,
  origin: "option url",
};

describe("parseTarget", () => {
  it.each<[url: string, parts: Partial<Target>]>([
    ["postgres://me@localhost/app", {}],
    ["postgresql://me@localhost/app", {}],
    ["POSTGRES://me@localhost:5432/app", {}],
    ["  postgres://me@localhost/app\n", {}],
    ["postgres://me:secret@localhost:6000/app", { password: "secret", port: 6000 }],
    ["postgres://me:@localhost/app", {}],
    ["postgres://localhost", { user: me, database: me }],
    ["postgres://me@localhost", { database: "me" }],
    ["postgres://me@localhost/", { database: "me" }],
    ["postgres:///app", { user: me }],
    ["postgres://me@/app", {}],
    ["postgres://me@:6000/app", { port: 6000 }],
    ["postgres://me:p%24%26w@/app", { password: "p$&w" }],
    ["postgres://me:p$&w$'@/app", { password: "p$&w$'" }],
    // sockets
    ["postgres:///app?host=/run/postgresql", { user: me, host: "/run/postgresql", tls: "disable" }],
    ["postgres://me@/app?host=/run/postgresql&port=6000", { host: "/run/postgresql", port: 6000, tls: "disable" }],
    ["postgres://me@%2Frun%2Fpostgresql:6000/app", { host: "/run/postgresql", port: 6000, tls: "disable" }],
    ["postgres://me@/app?host=/run/my+dir", { host: "/run/my+dir", tls: "disable" }],
    ["postgres://me@/app?host=/run/my%20dir&sslmode=require", { host: "/run/my dir", tls: "disable" }],
    // addresses
    ["postgres://me@[::1]:6000/app", { host: "::1", port: 6000 }],
    ["postgres://me@[::ffff:127.0.0.1]/app", { host: "::ffff:7f00:1" }],
    ["postgres://me@2130706433/app", { host: "2130706433", tls: "prefer" }],
    ["postgres://me@DB.Example/app", { host: "DB.Example", tls: "prefer" }],
    // escapes
    [
      "postgres://us%40er:p%3Aa%2Fs%3Fs%23%25@localhost/a%2Fb%20c",
      { user: "us@er", password: "p:a/s?s#%", database: "a/b c" },
    ],
    ["postgres://%C3%A9:%F0%9F%98%80@localhost/%22", { user: "é", password: "😀", database: '"' }],
    ["postgres://me:a:b@localhost/app", { password: "a:b" }],
    ["postgres://me:a@b@localhost/app", { password: "a@b" }],
    // parameters
    ["postgres://me@x/app?host=localhost&port=1", { port: 1 }],
    ["postgres://me@localhost/app?port=65535", { port: 65_535 }],
    ["postgres://me@localhost/app?sslmode=require", { tls: "require" }],
    ["postgres://me@localhost/app?sslmode=disable", { tls: "disable" }],
    ["postgres://me@localhost/app?sslmode=prefer", { tls: "prefer" }],
    ["postgres://me@db.example/app?sslmode=allow", { host: "db.example", tls: "allow" }],
    ["postgres://me@localhost/app?sslrootcert=/etc/ca+b.pem", { tls: "verify-full", tlsRootCert: "/etc/ca+b.pem" }],
    ["postgres://me@localhost/app?sslrootcert=ca&sslmode=verify-ca", { tls: "verify-ca", tlsRootCert: "ca" }],
    ["postgres://me@localhost/app?application_name=a%40b&connect_timeout=5", {}],
    ["postgres://me@localhost/app?channel_binding=require&gssencmode=disable", {}],
    ["postgres://me@localhost/app#fragment", {}],
  ])("reads %s", (url, parts) => {
    expect(parseTarget(url, "option url")).toEqual({ ...base, ...parts });
  });

  it.each<[url: string, shown: string, why: string]>([
    ["", "", "it is not a URL; in a user, a password or a name, write / ? # @ as %2F %3F %23 %40"],
    ["nonsense", "nonsense", "it is not a URL; in a user, a password or a name, write / ? # @ as %2F %3F %23 %40"],
    [
      "host=localhost password=hunter2 dbname=app",
      "host=localhost password=*** dbname=app",
      "it is not a URL; in a user, a password or a name, write / ? # @ as %2F %3F %23 %40",
    ],
    [
      "host=localhost password='hun ter2' dbname=app",
      "host=localhost password=*** dbname=app",
      "it is not a URL; in a user, a password or a name, write / ? # @ as %2F %3F %23 %40",
    ],
    [
      "mysql://me:pw@localhost/app",
      "mysql://me:***@localhost/app",
      'it begins with "mysql://", not with "postgres://"',
    ],
    ["http://localhost/app", "http://localhost/app", 'it begins with "http://", not with "postgres://"'],
    ["postgres:me:hunter2@h/app", "postgres:***@h/app", 'it begins with "postgres:", not with "postgres://"'],
    ["postgres:/me:hunter2@h/app", "postgres:***@h/app", 'it begins with "postgres:", not with "postgres://"'],
    [
      "//me:hunter2@h/app",
      "//me:***@h/app",
      "it is not a URL; in a user, a password or a name, write / ? # @ as %2F %3F %23 %40",
    ],
    [
      "postgres://me:hunter2",
      "postgres://me:***",
      "its port is not a number from 1 to 65535; or in a user, a password or a name, write / ? # @ as %2F %3F %23 %40",
    ],
    ["postgres://me:pw@a,b/app", "postgres://me:***@a,b/app", "it names several hosts; name one server"],
    ["postgres://a:1,b:2/app", "postgres://a:1,b:2/app", "it names several hosts; name one server"],
    ["postgres:///app?host=a,b", "postgres:///app?host=a,b", "it names several hosts; name one server"],
    ["postgres://h/app?user=x", "postgres://h/app?user=x", 'the parameter "user" is not understood'],
    [
      "postgres://h/app?password=hunter2",
      "postgres://h/app?password=***",
      'the parameter "password" is not understood',
    ],
    [
      "postgres://h/app?sslpassword=x&a=b",
      "postgres://h/app?sslpassword=***",
      'the parameter "sslpassword" is not understood',
    ],
    ["postgres://h/app?options=-c%20x", "postgres://h/app?options=-c%20x", 'the parameter "options" is not understood'],
    ["postgres://h/app?toString=1", "postgres://h/app?toString=1", 'the parameter "toString" is not understood'],
    ["postgres://h/app?__proto__=1", "postgres://h/app?__proto__=1", 'the parameter "__proto__" is not understood'],
    [
      "postgres://h/app?SSLMODE=require",
      "postgres://h/app?SSLMODE=require",
      'the parameter "SSLMODE" is not understood',
    ],
    ...["always", "REQUIRE", "", "true"].map((mode): [string, string, string] => [
      `postgres://h/app?sslmode=${mode}`,
      `postgres://h/app?sslmode=${mode}`,
      `sslmode=${mode} is not one of disable, allow, prefer, require, verify-ca, verify-full`,
    ]),
    ...["0", "00"].map((port): [string, string, string] => [
      `postgres://h:${port}/app`,
      `postgres://h:${port}/app`,
      "its port is not a number from 1 to 65535",
    ]),
    ...["", "0", "-1", "65536", "5432.5", "0x10", "1e3", "%205432", "NaN", "99999999999999999999"].map(
      (port): [string, string, string] => [
        `postgres://h/app?port=${port}`,
        `postgres://h/app?port=${port}`,
        "its port is not a number from 1 to 65535",
      ],
    ),
    ...["h", "me@h", "127.0.0.1", "[::1]"].flatMap((host) =>
      ["65536", "abc", "5432a", "-1"].map((port): [string, string, string] => [
        `postgres://${host}:${port}/app`,
        port === "65536" || host.includes("@") || host.includes("[")
          ? `postgres://${host}:${port}/app`
          : `postgres://${host}:***`,
        `its port is not a number from 1 to 65535; or in a user, a password or a name, write / ? # @ as %2F %3F %23 %40`,
      ]),
    ),
    ...[
      "localhost:5432/app",
      "127.0.0.1:5432/app",
      "db.example.com/app",
      "localhost:5432",
      "db:5432/app?sslmode=require",
    ].map((url): [string, string, string] => [url, url, "postgres:// is missing in front of it"]),
    ["me:hunter2@localhost:5432/app", "me:***@localhost:5432/app", "postgres:// is missing in front of it"],
    ["jdbc:postgresql://localhost/app", "jdbc:postgresql://localhost/app", 'it begins with "jdbc:"; leave that out'],
    ...['"', "'", "`"].map((quote): [string, string, string] => [
      `${quote}postgres://me:hunter2@h/app${quote}`,
      `${quote}postgres:***@h/app${quote}`,
      "quotes are part of it: leave them out where no shell takes them away, as in an env file",
    ]),
    ["postgres://h/a%zz", "postgres://h/a%zz", "it holds a % that is not an escape"],
    ["postgres://me:100%@h/app", "postgres://me:***@h/app", "it holds a % that is not an escape"],
    ["postgres://h/a%00b", "postgres://h/a%00b", "it holds a NUL byte"],
    ["postgres://me:a%00b@h/app", "postgres://me:***@h/app", "it holds a NUL byte"],
    ["postgres:///app?host=/run%00", "postgres:///app?host=/run%00", "it holds a NUL byte"],
    ...[
      "postgres://me:12/34@h/app",
      "postgres://me:12?34@h/app",
      "postgres://me:12#34@h/app",
      "postgres://me:a@b/c@h/app",
    ].map((url): [string, string, string] => [
      url,
      "postgres://me:***@h/app",
      "there is an @ after the host; in a user, a password or a name, write / ? # @ as %2F %3F %23 %40",
    ]),
  ])("refuses %s", (url, shown, why) => {
    expect(() => parseTarget(url, "TEST_DB_URL")).toThrow(
      new TestDbError("TARGET_INVALID", {
        what: `The connection URL (TEST_DB_URL) cannot be used: ${shown}`,
        why,
        next: "TEST_DB_URL=postgres://user:password@127.0.0.1:5432/test npm test",
      }),
    );
  });

  it("looks at no environment variable", () => {
    process.env["PGHOST"] = "db.example.com";
    process.env["PGPORT"] = "1";
    try {
      expect(parseTarget("postgres://me@/app", "option url")).toEqual(base);
    } finally {
      delete process.env["PGHOST"];
      delete process.env["PGPORT"];
    }
  });
});

describe("describeTarget", () => {
  it("is the user, the server and the database, without the password", () => {
    expect(describeTarget({ ...base, password: "secret" })).toBe("me@localhost:5432/app");
    expect(describeTarget({ ...base, host: "::1" })).toBe("me@[::1]:5432/app");
    expect(describeTarget({ ...base, host: "/run/postgresql" })).toBe("me@/run/postgresql:5432/app");
  });
});

describe("onDatabase", () => {
  it("is the same server and login with another database", () => {
    expect(onDatabase(base, "other")).toEqual({ ...base, database: "other" });
    expect(base.database).toBe("app");
  });
});
