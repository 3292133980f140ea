/**
 * Connection URLs, read and written. The password goes to the drivers and nowhere else. `DATABASE_URL` and `PG*` are never
 * read: what an application uses is not what its tests may drop schemas in.
 */
import { isIPv6 } from "node:net";
import { userInfo } from "node:os";
import { TestDbError } from "../errors.ts";
import { isLoopback } from "./loopback.ts";
import type { Target, TlsMode } from "./target.ts";

const TLS_MODES: readonly string[] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/** Parameters that are understood; the second line's change nothing here, and are let through. */
const PARAMETERS: readonly string[] = [
  ...["host", "port", "sslmode", "sslrootcert"],
  ...["application_name", "connect_timeout", "channel_binding", "gssencmode"],
];

/** How the characters of a generated password are written in a URL. */
const ENCODED = "in a user, a password or a name, write / ? # @ as %2F %3F %23 %40";

const NO_SCHEME = "postgres:// is missing in front of it";
const BAD_PORT = "its port is not a number from 1 to 65535";
const QUOTES = /^\s*(["'`]).*\1\s*$/s;

/** Whether what follows the host's colon is all that keeps a text from being a URL. */
function hasBadPort(text: string): boolean {
  const [, before = "", after = ""] =
    /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?(?:\[[^\]/?#]*\]|[^:/?#@[\]]+)):[^/?#@]*(.*)$/is.exec(text) ?? [];
  return before !== "" && URL.canParse(asOneSegment(before + after));
}

/**
 * Reads a `postgres://` URL. Pure: nothing is connected to, and no environment variable but the URL itself counts.
 *
 * @throws TestDbError `TARGET_INVALID`, never quoting the password.
 */
export function parseTarget(text: string, origin: Target["origin"]): Target {
  const invalid = (why: string): TestDbError =>
    new TestDbError("TARGET_INVALID", {
      what: `The connection URL (${origin}) cannot be used: ${redactUrl(text)}`,
      why,
      next: "TEST_DB_URL=postgres://user:password@127.0.0.1:5432/test npm test",
    });
  if (QUOTES.test(text))
    throw invalid("quotes are part of it: leave them out where no shell takes them away, as in an env file");

  // libpq allows an empty host after the user ("postgres://me@/db?host=/run/postgresql"); WHATWG URLs don't.
  const login = /^postgres(?:ql)?:\/\/[^/?#]*@(?=[:/?#]|$)/i.exec(text)?.[0];
  const withHost = login ? `${login}localhost${text.slice(login.length)}` : text;
  let url: URL;
  try {
    url = new URL(asOneSegment(withHost));
  } catch {
    if (/^postgres(ql)?:\/\/[^/]*,/i.test(text)) throw invalid("it names several hosts; name one server");
    if (/^[\w.-]+[:/@]/.test(text) && !text.includes("//")) throw invalid(NO_SCHEME);
    if (hasBadPort(text)) throw invalid(`${BAD_PORT}; or ${ENCODED}`);
    throw invalid(`it is not a URL; ${ENCODED}`);
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    if (/^\s*jdbc:/i.test(text)) throw invalid('it begins with "jdbc:"; leave that out');
    // "localhost:" is no scheme that anybody meant
    if (!new RegExp(`^\\s*${url.protocol}//`, "i").test(text)) throw invalid(NO_SCHEME);
    throw invalid(`it begins with "${url.protocol}//", not with "postgres://"`);
  }
  if (!/^\s*postgres(ql)?:\/\//i.test(text)) throw invalid(`it begins with "${url.protocol}", not with "postgres://"`);
  // part of the password would be taken for the host, the database or a parameter, and be shown
  if (/@/.test(url.pathname + url.search + url.hash)) {
    throw invalid(`there is an @ after the host; ${ENCODED}`);
  }
  // a + is a + here, not the blank that HTML forms make of it
  const parameters = new URLSearchParams(url.search.replaceAll("+", "%2B"));
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) throw invalid(`the parameter "${name}" is not understood`);
  }
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw invalid("it holds a % that is not an escape");
    }
  };
  const parameter = (name: string): string | undefined => parameters.get(name) ?? undefined;

  const host = parameter("host") ?? (decode(url.hostname).replace(/^\[(.*)\]$/, "$1") || "localhost");
  if (host.includes(",")) throw invalid("it names several hosts; name one server");
  if (!isHost(host)) throw invalid("its host is no host name, no address and no path");
  const portText = parameter("port") ?? (url.port || "5432");
  const port = /^\d+$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65535) throw invalid(BAD_PORT);
  const user = decode(url.username) || osUser();
  const database = decode(url.pathname.slice(IN_PATH.length)) || user;
  const tlsRootCert = parameter("sslrootcert");
  for (const part of [host, user, database, decode(url.password), tlsRootCert ?? ""]) {
    if (part.includes("\0")) throw invalid("it holds a NUL byte");
  }
  const tls = parameter("sslmode") ?? (tlsRootCert ? "verify-full" : defaultTls(host));
  if (!TLS_MODES.includes(tls)) throw invalid(`sslmode=${tls} is not one of ${TLS_MODES.join(", ")}`);
  return {
    host,
    port,
    user,
    password: decode(url.password) || undefined,
    database,
    tls: host.startsWith("/") ? "disable" : (tls as TlsMode),
    tlsRootCert,
    origin,
  };
}

/** Nobody listens in on this machine, and asking for encryption takes a round trip. */
const defaultTls = (host: string): TlsMode => (isLoopback(host) ? "allow" : "prefer");

/** What the path is begun with while it is parsed. */
const IN_PATH = "/_";

/** A URL knows folders, and would read the database `a/../b` as `b`: the path is made a single name. */
const asOneSegment = (text: string): string =>
  text.replace(/^(\s*[^/?#]*\/\/[^/?#]*)\/([^?#]*)/, (_, before: string, path: string) => {
    return before + IN_PATH + path.replaceAll("/", "%2F");
  });

/** A character that a URL's host can't hold would change where the URL leads once the host is written into one. */
const isHost = (host: string): boolean =>
  host.startsWith("/") ||
  // only with a colon: Node takes three milliseconds for the first call of isIPv6
  (host.includes(":") && isIPv6(host)) ||
  !/[\s\0-\x20\x7f"#%/:<>?@[\]\\^`{|}]/.test(host);

/** As libpq takes it; in a container the user may have no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "postgres";
  }
}

/**
 * A URL for psql, Drizzle Studio or an application, with the password. The server sets the settings, such as a `search_path`,
 * when a client connects, whatever the driver.
 */
export function targetUrl(target: Target, settings: Readonly<Record<string, string>> = {}): string {
  const encode = encodeURIComponent;
  const login = encode(target.user) + (target.password === undefined ? "" : `:${encode(target.password)}`);
  const socket = target.host.startsWith("/");
  // neither a path nor an address of one interface (`fe80::1%eth0`) can stand where a URL has its host
  const elsewhere = socket || target.host.includes("%");
  const host = elsewhere ? "localhost" : target.host.includes(":") ? `[${target.host}]` : target.host;
  const query: string[] = [];
  if (elsewhere) query.push(`host=${encode(target.host)}`);
  if ((target.tls !== defaultTls(target.host) || target.tlsRootCert) && !socket) query.push(`sslmode=${target.tls}`);
  if (target.tlsRootCert) query.push(`sslrootcert=${encode(target.tlsRootCert)}`);
  const options = startupOptions(settings);
  if (options) query.push(`options=${encode(options)}`);
  return `postgres://${login}@${host}:${target.port}/${encode(target.database)}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}

/** Server settings as the startup parameter `options`: a blank or a backslash in a value is escaped by a backslash. */
export const startupOptions = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, "\\$&")}`)
    .join(" ");

/**
 * The URL without its password: all between the user's colon and the last @, or the end where there is no @ and no port
 * follows; and the values of parameters for passwords. Safe on text that is no URL.
 */
export function redactUrl(text: string): string {
  // anything else before "://" may be a user, and what follows the password
  const scheme = /^\s*(?:postgres|\w*sql|https?):\/\//i.exec(text)?.[0] ?? "";
  const at = text.lastIndexOf("@");
  const colon = text.indexOf(":", scheme.length);
  const isPort = at < 0 && (scheme === "" || /^([^:]*[/?#[]|[^:]*:\d*(,|[/?#]|$))/.test(text.slice(scheme.length)));
  const withoutLogin =
    colon < 0 || (at >= 0 && colon > at) || isPort
      ? text
      : `${text.slice(0, colon)}:***${at < 0 ? "" : text.slice(at)}`;
  return redactParameters(withoutLogin);
}

/** What a parameter for a password is called, in a URL and in the connection strings of other worlds. */
const SECRET = /pass|pwd|pw$|secret|token|credential/i;
/** A name and what is between it and its value; not a user in front of a password that is not shown any more. */
const NAME = /([\w%]+)["']?\s*(?:=|%3d|:(?!\/\/|\*\*\*))\s*/gi;
const QUOTED = /^(?:'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|\{[^}]*\}?)/;
/** Behind a password, the next parameter begins with one of these: anything else may be a part of the password. */
const NEXT = /[&;\s]+(?:host|port|db|database|user|uid|ssl|application|connect|options|server)[\w ]*=/i;

function redactParameters(text: string): string {
  for (const { 0: found, 1: name = "", index } of text.matchAll(NAME)) {
    if (!SECRET.test(unescaped(name))) continue;
    const value = text.slice(index + found.length);
    const quoted = QUOTED.exec(value)?.[0].length ?? 0;
    const next = value.slice(quoted).search(NEXT);
    return `${text.slice(0, index)}${found}***${next < 0 ? "" : redactParameters(value.slice(quoted + next))}`;
  }
  return text;
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
