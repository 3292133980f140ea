/** Clients of postgres.js that connect where they are told to, and that nothing in the environment reaches. */
import postgres from "postgres";
import type { Target } from "../target/target.ts";
import { noteDriver } from "./assert-timers-run.ts";
import { clientSockets } from "./client-sockets.ts";
import { type GuardedSql, guardHeldConnections } from "./held-connections.ts";
import { KEEPALIVE_AFTER } from "./keepalive.ts";
import { CONNECT_DEADLINE } from "./socket.ts";
import type { Sockets } from "./sockets.ts";

/** Bun gives the ES module to a `require()`, too: with the function in `default`. */
const connect = (postgres as { readonly default?: typeof postgres }).default ?? postgres;

noteDriver(connect);

/** The options of postgres.js that have no type parameter of their own. */
export type ClientOptions = postgres.Options<Record<string, never>>;

/**
 * How a client of ours or the user's reaches the target, as postgres.js wants it. It names every setting that
 * postgres.js would otherwise look up in a `PG*` variable.
 *
 * @param sockets - are to be destroyed once the client has been closed
 */
export function connectionOptions(target: Target, sockets: Sockets): ClientOptions {
  return {
    // in lists, because postgres.js would split an IPv6 address at its colons
    ...({ host: [target.host], port: [target.port] } as object),
    ...(target.host.startsWith("/") ? { path: `${target.host}/.s.PGSQL.${target.port}` } : {}),
    user: target.user,
    database: target.database,
    // a function, because an empty string would make postgres.js read PGPASSWORD
    password: () => target.password ?? "",
    // postgres.js loses track of a socket that never got ready, and takes a server without TLS for a broken one
    ssl: false,
    ...({ socket: clientSockets(target, sockets) } as object),
    max: 10,
    connect_timeout: CONNECT_DEADLINE / 1000,
    idle_timeout: 0,
    max_lifetime: null,
    keep_alive: KEEPALIVE_AFTER / 1000,
    prepare: true,
    debug: false,
    fetch_types: true,
  };
}

/**
 * A client of postgres.js that no `PG*` variable reaches: some of them have no option that would outrank them.
 *
 * @param unit - the unit that the client is bound to
 */
export function createClient<Types extends Record<string, postgres.PostgresType>>(
  options: postgres.Options<Types>,
  unit?: string,
): GuardedSql {
  const hidden = Object.entries(process.env).filter(([name]) => /^PG/i.test(name));
  for (const [name] of hidden) delete process.env[name];
  try {
    return guardHeldConnections(connect(options) as postgres.Sql, unit);
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}
