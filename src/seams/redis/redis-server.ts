/** Which Redis is used: one that was named for tests, on this machine or allowed by name. Nothing else is looked for. */
import { TestDbError } from "../../errors.ts";
import { assertNotProduction, assertTargetAllowed, hostsIn } from "../../guard/locality.ts";

/** Names that container tools give to a server beside the tests. */
const LOCAL_NAMES: readonly string[] = ["redis", "valkey"];
const VARIABLE = "TEST_REDIS_URL";
const NEXT = `${VARIABLE}=redis://127.0.0.1:6379 npm test`;

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
  /** The database that the URL names: whoever uses the server by that URL has it, and tests never do. */
  readonly named: number;
  /** The URL with another database. */
  urlOf(database: number): string;
}

/** `host:port`, for messages. */
export const describeRedis = ({ host, port }: RedisServer): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** @returns undefined where neither the option nor the variable names a server */
export function resolveRedisServer(
  url: string | undefined,
  remoteHosts: readonly string[] = [],
): RedisServer | undefined {
  const named = url ?? (process.env[VARIABLE]?.trim() || undefined);
  if (named === undefined) return undefined;
  const server = parseRedisUrl(named, url === undefined ? VARIABLE : "option url");
  assertNotProduction();
  assertRedisAllowed(server, remoteHosts);
  return server;
}

/** @throws TestDbError `TARGET_REFUSED` where the server may have somebody's data */
export function assertRedisAllowed(server: RedisServer, remoteHosts: readonly string[]): void {
  const { host, port, username = "default", named } = server;
  const unused = { password: undefined, tls: "disable", tlsRootCert: undefined, origin: "option url" } as const;
  assertTargetAllowed({ host, port, user: username, database: String(named), ...unused }, [
    ...LOCAL_NAMES,
    ...remoteHosts,
    ...hostsIn(process.env["TEST_DB_ALLOW_REMOTE"]),
  ]);
}

export const noServerNamed = (): TestDbError =>
  new TestDbError("TARGET_INVALID", {
    what: "No Redis is named for tests",
    why: `${VARIABLE} is unset, and a Redis that nobody named is never used: it may have somebody's data`,
    next: NEXT,
  });

/** @throws TestDbError `TARGET_INVALID`, which does not quote the URL: any part of a wrong one may be the password */
export function parseRedisUrl(text: string, origin: string): RedisServer {
  const invalid = (why: string): TestDbError =>
    new TestDbError("TARGET_INVALID", { what: `The Redis URL (${origin}) cannot be used`, why, next: NEXT });
  if (/^\s*(["'`]).*\1\s*$/s.test(text)) throw invalid("quotes are part of it: leave them out");
  if (!/^rediss?:\/\//i.test(text)) throw invalid("it does not begin with redis:// or rediss://");
  if (!URL.canParse(text)) throw invalid("it is not a URL; in a user or a password, write / ? # @ as %2F %3F %23 %40");
  const url = new URL(text);
  if (/@/.test(url.pathname + url.search + url.hash)) throw invalid("there is an @ after the host; write it as %40");
  if (url.hostname === "") throw invalid("it names no host");
  if (url.search || url.hash) throw invalid("it has parameters, of which none is understood");
  if (!/^\/?(?:0|[1-9]\d{0,4})?$/.test(url.pathname)) throw invalid("its path is not the number of a database");
  const decode = (part: string): string | undefined => {
    try {
      return decodeURIComponent(part) || undefined;
    } catch {
      throw invalid("it holds a % that is not an escape");
    }
  };
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 6379),
    username: decode(url.username),
    password: decode(url.password),
    isTls: url.protocol === "rediss:",
    named: Number(url.pathname.slice(1)),
    urlOf: (database) => Object.assign(new URL(url), { pathname: `/${database}` }).href,
  };
}
