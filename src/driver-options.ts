/** What `client` and `drizzle` may hold: drivers ignore what they don't know, and a unit decides where its client connects. */
import { TestDbError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** The names that a package knows, and those of them that are not the caller's to choose. */
export interface KnownOptions {
  readonly of: string;
  readonly known: readonly string[];
  readonly where: readonly string[];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);
const LOGIN: readonly string[] = words("host port user password database ssl sslnegotiation");

export const POSTGRES_JS: KnownOptions = {
  of: "postgres.js",
  known: words(`
    max idle_timeout max_lifetime connect_timeout backoff keep_alive max_pipeline connection
    types transform fetch_types prepare no_prepare debug publications
    onnotice onnotify onparameter onclose`),
  where: [...LOGIN, ...words("hostname path db username pass socket target_session_attrs")],
};

export const NODE_POSTGRES: KnownOptions = {
  of: "node-postgres",
  known: words(`
    max min idleTimeoutMillis connectionTimeoutMillis maxUses maxLifetimeSeconds allowExitOnIdle
    statement_timeout query_timeout lock_timeout idle_in_transaction_session_timeout keepAlive keepAliveInitialDelayMillis
    types binary pipeline parseInputDatesAsUTC client_encoding application_name fallback_application_name options
    stream enableChannelBinding scramMaxIterations log Promise Client onConnect verify`),
  where: [...LOGIN, ...words("connectionString sslmode replication")],
};

const DRIZZLE: KnownOptions = {
  of: "drizzle()",
  known: words("logger cache casing jit paramsInErrors"),
  where: [],
};

/**
 * @throws TestDbError `OPTION_INVALID`
 */
export function assertDriverOptions(
  options: { readonly client?: unknown; readonly drizzle?: unknown },
  known: KnownOptions,
): void {
  assertKnown("client", options.client, known);
  assertKnown("drizzle", options.drizzle, DRIZZLE);
  const { max } = (options.client ?? {}) as { max?: unknown };
  if (max === undefined || (Number.isInteger(max) && (max as number) > 0)) return;
  throw new TestDbError("OPTION_INVALID", {
    what: `client.max must be a whole number over 0, and is ${JSON.stringify(max) ?? String(max)}`,
    why: "without a connection every query would wait for ever",
    next: "client: { max: 1 }",
  });
}

function assertKnown(option: "client" | "drizzle", given: unknown, { of, known, where }: KnownOptions): void {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (known.includes(name) || value === undefined) continue;
    const named = `${option} must not hold ${JSON.stringify(name)}`;
    if (where.includes(name)) {
      throw new TestDbError("OPTION_INVALID", {
        what: named,
        why: "the unit decides where its client connects, and as whom",
        next: "name the server with the option url, or with TEST_DB_URL",
      });
    }
    if (option === "drizzle" && (name === "schema" || name === "relations")) {
      throw new TestDbError("OPTION_INVALID", { what: named, next: `withTestDb({ ${name}, migrationsFolder })` });
    }
    const meant = nearest(name, known);
    throw new TestDbError("OPTION_INVALID", {
      what: named,
      why: meant ? `did you mean ${JSON.stringify(meant)}?` : `${of} has no such option that is known here`,
      next: `use one of ${known.join(", ")}`,
    });
  }
}
