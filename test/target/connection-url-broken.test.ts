/**
 * A connection URL is somebody's configuration, and may be anything: it is read as it was meant, or refused as a
 * TestDbError that says why and shows no password. What gets through is a server that may be used.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assertTargetAllowed } from "../../src/guard/locality.ts";
import { parseTarget, redactUrl, targetUrl } from "../../src/target/connection-url.ts";
import { isLoopback } from "../../src/target/loopback.ts";
import { describeTarget, type Target } from "../../src/target/target.ts";
import { broken, orTestDbError, PATIENCE, runs } from "../support/cases.ts";

const SECRET = "hunterZ";

/** Any spelling of a text in a URL: each character as it is, where it may be, or as an escape, in either case. */
const spelt = (text: string, plain: RegExp): fc.Arbitrary<string> =>
  fc.infiniteStream(fc.nat({ max: 2 })).map((choices) =>
    [...text]
      .map((character) => {
        const choice = choices.next().value;
        if (choice === 0 && plain.test(character)) return character;
        const escaped = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
        return choice === 1 ? escaped : escaped.toUpperCase();
      })
      .join(""),
  );
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

const name = fc
  .array(
    fc.oneof(fc.constantFrom(..."abcZ09-._~ @:/?#[]!$&'()*+,;=%\"\\<>^`{|}é😀ß"), fc.constantFrom("%41", "..", "//")),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(""));
const host = fc.oneof(
  fc.constantFrom("localhost", "db", "postgres", "127.0.0.1", "127.255.0.1", "10.0.0.7", "db.example.com", "a-b.c"),
  fc.ipV4(),
);
const port = fc.integer({ min: 1, max: 65_535 });

interface Spelling {
  readonly url: string;
  readonly meant: Partial<Target>;
}

/** What is meant, and one of the ways to write it. */
const spellings: fc.Arbitrary<Spelling> = fc
  .record({
    scheme: fc.constantFrom("postgres", "postgresql", "POSTGRES", "PostgreSQL"),
    user: name,
    password: fc.option(name, { nil: undefined }),
    where: fc.oneof(
      fc.tuple(fc.constant("host" as const), host),
      fc.tuple(fc.constant("v6" as const), fc.constantFrom("::1", "fe80::1", "2001:db8::7")),
      fc.tuple(
        fc.constant("socket" as const),
        name.map((path) => `/${path.replaceAll(",", "")}`),
      ),
      fc.tuple(fc.constant("parameter" as const), host),
    ),
    port: fc.option(port, { nil: undefined }),
    database: name,
    parameters: fc.array(fc.constantFrom("connect_timeout=3", "application_name=a+b", "channel_binding=prefer"), {
      maxLength: 2,
    }),
  })
  .chain(({ scheme, user, password, where: [kind, place], port: at, database, parameters }) =>
    fc
      .record({
        user: spelt(user, UNRESERVED),
        password: spelt(password ?? "", UNRESERVED),
        database: spelt(database, UNRESERVED),
        place: spelt(place, /^[A-Za-z0-9\-._~/]$/),
      })
      .map((text) => {
        const login = `${text.user}${password === undefined ? "" : `:${text.password}`}@`;
        const inUrl = kind === "host" ? place : kind === "v6" ? `[${place}]` : "";
        const query = [...parameters, ...(inUrl ? [] : [`host=${text.place}`])];
        const authority = `${login}${inUrl}${at === undefined ? "" : `:${at}`}`;
        return {
          url: `${scheme}://${authority}/${text.database}${query.length > 0 ? `?${query.join("&")}` : ""}`,
          meant: { user, password, host: place, port: at ?? 5432, database },
        };
      }),
  );

/** Where in a URL something may be broken. */
const SPLINTERS: readonly string[] = [
  ..."@ : / ? # [ ] , % %% %0 %00 %zz %ff %2f %40 & = + ; \\ ' \" < > | ^ ` { } ~ ! $ * ( ) \0 \n \t".split(" "),
  ...[
    " ",
    "://",
    "//",
    "postgres://",
    "http://",
    "::1",
    "[::1%25lo]",
    "[fe80::1%eth0]",
    "[::ffff:127.0.0.1]",
    "a,b:5433",
  ],
  ...[
    "?host=/run",
    "&host=a&host=b",
    "?sslmode=require",
    "&sslmode=no",
    "&sslrootcert=%00",
    "&password=x",
    "#x@y",
    "?__proto__=1",
  ],
  ...[
    "0x7f.1",
    "127.1",
    "2130706433",
    ":0",
    ":65536",
    ":99999999999999999999",
    ":-1",
    "xn--",
    "。",
    "ａ",
    "\u202e",
    "\ud800",
  ],
];
const splinters = fc.oneof(fc.constantFrom(...SPLINTERS), fc.string({ unit: "binary", maxLength: 3 }));
const wrecks = broken(
  fc.oneof(
    { weight: 4, arbitrary: spellings.map(({ url }) => url) },
    { weight: 1, arbitrary: fc.webUrl({ withFragments: true, withQueryParameters: true }) },
    { weight: 1, arbitrary: fc.array(splinters, { maxLength: 12 }).map((parts) => parts.join("")) },
  ),
  splinters,
);

describe("a connection URL", { timeout: PATIENCE }, () => {
  it("is read as it was meant, however it is spelt", () => {
    fc.assert(
      fc.property(spellings, ({ url, meant }) => {
        const target = parseTarget(url, "TEST_DB_URL");
        expect(target).toMatchObject({
          ...meant,
          tls: target.host.startsWith("/") ? "disable" : isLoopback(target.host) ? "allow" : "prefer",
        });
      }),
      runs("URLs: any spelling of a target"),
    );
  });

  it("that is broken is refused, or is read as what its own URL says; and it shows no password", () => {
    fc.assert(
      fc.property(wrecks, fc.boolean(), (wreck, guarded) => {
        const text = guarded ? wreck.replace(/(?<=:\/\/[^/?#@:]*:)[^/?#@]*(?=@)/, SECRET) : wreck;
        let target: Target | undefined;
        try {
          target = orTestDbError(() => parseTarget(text, "option url"));
        } finally {
          expect(typeof redactUrl(text)).toBe("string");
        }
        if (!target) return;
        expect(describeTarget(target)).not.toContain(target.password === SECRET ? SECRET : "\0");
        expect(target.port).toBeGreaterThan(0);
        expect(target.port).toBeLessThan(65_536);
        expect(`${target.host}${target.user}${target.database}${target.password}`).not.toContain("\0");
        const again = parseTarget(targetUrl(target), "option url");
        // an IPv6 address may be written in many ways, a name in upper case
        expect({ ...again, host: "" }).toEqual({ ...target, host: "" });
        expect(targetUrl(again)).toBe(targetUrl(parseTarget(targetUrl(again), "option url")));
      }),
      runs("URLs: broken"),
    );
  });

  it("gets past the guard only where its host is this machine's or a container's, and nothing in it says production", () => {
    const words = fc.constantFrom("prod", "production", "live", "PRD", "products", "test", "app");
    const targets = fc.oneof(
      wrecks,
      fc.tuple(host, words, words).map(([where, user, database]) => `postgres://${user}@${where}/x_${database}`),
    );
    fc.assert(
      fc.property(targets, (text) => {
        const target = orTestDbError(() => parseTarget(text, "TEST_DB_URL"));
        if (!target) return;
        const passed = orTestDbError(() => {
          assertTargetAllowed(target, []);
          return true;
        });
        if (!passed) return;
        expect(isLoopback(target.host) || /^(db|postgres|host\.docker\.internal)$/i.test(target.host)).toBe(true);
        for (const part of [target.host, target.user, target.database]) {
          expect(part).not.toMatch(/(^|[^A-Za-z])(prod|prd|production|live)($|[^A-Za-z])/i);
        }
      }),
      runs("URLs: the guard"),
    );
  });
});
