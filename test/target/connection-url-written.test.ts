import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTarget, redactUrl, targetUrl } from "../../src/target/connection-url.ts";
import { describeTarget, type Target, type TlsMode } from "../../src/target/target.ts";
import { PATIENCE, runs } from "../support/cases.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const awkward = fc
  .array(fc.oneof(word, fc.constantFrom(..."@:/?#%&=+ '\"\\$,;[]{}é😀", "%40", "$&", "://")), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.join(""));
const MODES: readonly TlsMode[] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

const targets: fc.Arbitrary<Target> = fc
  .record({
    host: fc.oneof(
      word,
      fc.ipV4(),
      fc.ipV6(),
      fc.domain(),
      awkward.map((path) => `/${path.replaceAll(",", "")}`),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
    user: awkward,
    password: fc.option(awkward, { nil: undefined }),
    database: awkward,
    tls: fc.constantFrom(...MODES),
    tlsRootCert: fc.option(awkward, { nil: undefined }),
    origin: fc.constant("option url" as const),
  })
  .map((target) => (target.host.startsWith("/") ? { ...target, tls: "disable" } : target));

/** The target whose IPv6 address is written as URLs write it. */
const canonical = (target: Target): Target => ({
  ...target,
  host: isIPv6(target.host) ? new URL(`http://[${target.host}]`).hostname.slice(1, -1) : target.host,
});

describe("targetUrl", () => {
  it(
    "is read back as the same target",
    () => {
      fc.assert(
        fc.property(targets, (target) => {
          const url = targetUrl(target);
          expect(() => new URL(url)).not.toThrow();
          expect(canonical(parseTarget(url, "option url"))).toEqual(canonical(target));
        }),
        runs("URLs: written and read"),
      );
    },
    PATIENCE,
  );

  it(
    "carries settings that Postgres reads back as they were",
    () => {
      fc.assert(
        fc.property(targets, awkward, (target, value) => {
          const options =
            new URL(targetUrl(target, { search_path: value, "a.b": "1" })).searchParams.get("options") ?? "";
          // as the server splits them: at blanks that no backslash escapes
          const split = (options.match(/(?:\\[\s\S]|[^\\ ])+/g) ?? []).map((part) => part.replace(/\\([\s\S])/g, "$1"));
          expect(split).toEqual(["-c", `search_path=${value}`, "-c", "a.b=1"]);
        }),
        runs("URLs: settings"),
      );
    },
    PATIENCE,
  );

  const base: Target = {
    ...{ host: "localhost", port: 5432, user: "me", password: "p@w", database: "app", tls: "allow" },
    ...{ tlsRootCert: undefined, origin: "embedded" },
  };
  it.each<[parts: Partial<Target>, url: string]>([
    [{}, "postgres://me:p%40w@localhost:5432/app"],
    [{ password: undefined }, "postgres://me@localhost:5432/app"],
    [{ host: "::1" }, "postgres://me:p%40w@[::1]:5432/app"],
    [{ host: "/run/pg", tls: "disable" }, "postgres://me:p%40w@localhost:5432/app?host=%2Frun%2Fpg"],
    [{ tls: "prefer" }, "postgres://me:p%40w@localhost:5432/app?sslmode=prefer"],
    [{ host: "db.example", tls: "prefer" }, "postgres://me:p%40w@db.example:5432/app"],
    [{ tls: "require" }, "postgres://me:p%40w@localhost:5432/app?sslmode=require"],
    [{ tlsRootCert: "/ca" }, "postgres://me:p%40w@localhost:5432/app?sslmode=allow&sslrootcert=%2Fca"],
  ])("of %j is %s", (parts, url) => {
    expect(targetUrl({ ...base, ...parts })).toBe(url);
  });
});

describe("a password", () => {
  // hostile around a core that no other part of a URL or a message has
  const secret = fc.tuple(awkward, awkward).map(([before, after]) => `${before}hunterZ${after}`);
  const places: readonly ((login: string) => string)[] = [
    (login) => `postgres://${login}@localhost/app`,
    (login) => `postgres://${login}@db.example.com:5432/app?sslmode=nonsense`,
    (login) => `postgres://${login}@a,b/app`,
    (login) => `postgres://${login}@localhost:99999/app?x=y`,
    (login) => `postgres://${login}@/app?host=/run`,
    (login) => `mysql://${login}@h`,
    (login) => `postgres:${login}@h`,
    (login) => `//${login}@h/app`,
    (login) => `${login}@h/app`,
  ];

  it(
    "appears in no message, however the URL is broken by it",
    () => {
      fc.assert(
        fc.property(secret, fc.constantFrom(...places), fc.boolean(), (password, place, encoded) => {
          const text = place(`me:${encoded ? encodeURIComponent(password) : password}`);
          let message: string;
          try {
            message = describeTarget(parseTarget(text, "option url"));
          } catch (error) {
            message = String(error) + JSON.stringify(error);
          }
          expect(message.toLowerCase()).not.toContain("hunterz");
        }),
        runs("URLs: passwords"),
      );
    },
    PATIENCE,
  );

  it("as a parameter's value appears in no message", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("password", "PASSWORD", "sslpassword", "pwd", "p%77d", "Token", "pass", "passwd"),
        word,
        (name, rest) => {
          expect(() => parseTarget(`postgres://h/app?a=b&${name}=hunterZ${rest}&sslmode=d`, "option url")).toThrow(
            new RegExp(`^(?![\\s\\S]*hunterZ)[\\s\\S]*${name}=\\*\\*\\*&sslmode=d`),
          );
        },
      ),
    );
  });
});

describe("redactUrl", () => {
  it.each([
    ["postgres://me:pw@h/app", "postgres://me:***@h/app"],
    ["postgres://me:p:w@h", "postgres://me:***@h"],
    ["postgres://me:p@w@h", "postgres://me:***@h"],
    ["postgres://me:p/w@h/app", "postgres://me:***@h/app"],
    ["postgres://me:p?w#x@h/app", "postgres://me:***@h/app"],
    ["postgres://me:p\nw@h/app", "postgres://me:***@h/app"],
    ["postgres://:pw@h", "postgres://:***@h"],
    ["postgres://m/e:pw@h", "postgres://m/e:***@h"],
    ["me@corp.example:pw@h/app", "me@corp.example:***@h/app"],
    ["me:pw@h", "me:***@h"],
    ["me://pw@h", "me:***@h"],
    ["mysql://me:pw@h", "mysql://me:***@h"],
    ["postgres://me:pw", "postgres://me:***"],
    ["postgres://me@h:5432/app", "postgres://me@h:5432/app"],
    ["postgres://h:5432/app", "postgres://h:5432/app"],
    ["postgres://h:5432", "postgres://h:5432"],
    ["postgres://[::1]:5432/app", "postgres://[::1]:5432/app"],
    ["postgres://me@[::1]:5432/app", "postgres://me@[::1]:5432/app"],
    ["postgres:///app?host=/tmp:x", "postgres:///app?host=/tmp:x"],
    ["jdbc:postgresql://h/app?user=me&password=pw&ssl=1", "jdbc:postgresql://h/app?user=me&password=***&ssl=1"],
    ["host=h password = 'a\\'b c' user=me", "host=h password = *** user=me"],
    ["host=h password=a b&c#d user=me", "host=h password=*** user=me"],
    ["host=h password='a'b dbname=app", "host=h password=*** dbname=app"],
    ["postgres://h/app?password=p%26w#d&sslmode=require", "postgres://h/app?password=***&sslmode=require"],
    ["postgres://h/app?p%61ss%77ord=pw", "postgres://h/app?p%61ss%77ord=***"],
    ["postgres://h/app?options=password%3Dpw", "postgres://h/app?options=password%3D***"],
    ["jdbc:postgresql://h/app?user=u&pwd=pw", "jdbc:postgresql://h/app?user=u&pwd=***"],
    ["Server=h;User Id=u;Pwd=a;b;Database=app;", "Server=h;User Id=u;Pwd=***;Database=app;"],
    ["Driver={P};PWD={a;b}};UID=me", "Driver={P};PWD=***;UID=me"],
    ['{"host": "h", "password": "a\\"b"}', '{"host": "h", "password": ***'],
    ["host: h\npassword: pw", "host: h\npassword: ***"],
    ["postgres://token:pw@h/app", "postgres://token:***@h/app"],
    ["", ""],
    ["no url", "no url"],
  ])("of %j is %j", (text, shown) => {
    expect(redactUrl(text)).toBe(shown);
  });

  it("says the same of its own result", () => {
    fc.assert(fc.property(awkward, (text) => redactUrl(redactUrl(text)) === redactUrl(text)));
  });
});
