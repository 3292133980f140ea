/** The postgres.js driver. A unit's settings travel in the startup packet, so no query can run before they hold. */
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Options, PostgresType, Sql } from "postgres";
import { connectionOptions, createClient } from "../connections/client.ts";
import type { DrizzleSchema } from "../drizzle-types.ts";
import { PooledSocket } from "../postgres/pooled-socket.ts";
import { type Opening, type Parting, UnitSocket } from "../postgres/unit-socket.ts";
import type { Context, Driver } from "./driver.ts";
import { type DrizzleParts, drizzleConfig } from "./drizzle-config.ts";

export type PostgresJsOptions = Options<Record<string, PostgresType>>;

/** What a call with postgres.js works with; `db` as `drizzle()` returns it. */
export type PostgresJsContext<TSchema extends DrizzleSchema> = Context<
  PostgresJsDatabase<TSchema> & { $client: Sql },
  Sql
>;

/** A driver with the user's own options for Drizzle and for postgres.js. */
export function postgresJs<TSchema extends DrizzleSchema>(
  parts: DrizzleParts,
  options: PostgresJsOptions = {},
): Driver<PostgresJsContext<TSchema>> {
  const config = drizzleConfig(parts);
  return {
    async connect(target, settings, { mayShelve = false, maySleep, pooled = false, opening } = {}) {
      const gone = new AbortController();
      const chosen = { ...connectionOptions(target, gone.signal), ...pick(options) };
      const loginTimeout = Number(chosen.connect_timeout ?? 0) * 1000;
      const parting: Parting = {};
      let begun: ReturnType<Opening> | undefined;
      const once: Opening | undefined =
        opening &&
        ((...given) => {
          begun = opening(...given);
          // while the server works; what it throws is thrown again where it is awaited
          try {
            contextOf();
          } catch {}
          return begun;
        });
      const socket = (): UnitSocket | PooledSocket => {
        if (pooled) return new PooledSocket(target, settings, gone.signal);
        // a connection that breaks before its opening is tried again by the client
        const ifNotYet = begun ? undefined : once;
        const afterwards = { mayShelve, maySleep, waits: true, parting };
        return new UnitSocket(target, gone.signal, { ...afterwards, opening: ifNotYet, loginTimeout });
      };
      const client = createClient({
        onnotice: () => {},
        ...options,
        ...chosen,
        // it would count what its socket does after the login, too
        ...(pooled ? {} : { connect_timeout: 0 }),
        ...({ socket } as object),
        connection: { ...options.connection, ...settings },
      });
      let context: PostgresJsContext<TSchema> | undefined;
      const contextOf = (): PostgresJsContext<TSchema> => {
        // named, since drizzle-orm 1.0 silently ignores a client by position
        context ??= { db: drizzle<TSchema, Sql>({ ...config, client }), client };
        return context;
      };
      const open = async (to: Opening): Promise<void> => {
        await (pooled ? openPooled(client, to) : openFirst(client, () => begun));
        contextOf();
      };
      return {
        get context() {
          return contextOf();
        },
        opened: opening ? open(opening) : Promise.resolve(),
        async close(grace = 0, farewell) {
          parting.farewell = farewell;
          await client.end({ timeout: grace / 1000 });
          gone.abort();
          return await parting.reply;
        },
      };
    },
  };
}

/** Has the client open its first connection, and waits for the opening. A client that fetches types needs no query for it. */
async function openFirst(client: Sql, opening: () => Promise<unknown> | undefined): Promise<void> {
  if (client.options.fetch_types) (await client.reserve()).release();
  else await client.unsafe("select 1");
  await opening();
}

/** The opening, as queries of the client's. */
async function openPooled(client: Sql, opening: Opening): Promise<void> {
  await opening(async (query) => (await client.unsafe(query).values())[0]?.[0] ?? null);
}

/** How many connections and how they behave is the user's; where they lead is ours. */
function pick({ max, idle_timeout, max_lifetime, connect_timeout, prepare, debug, fetch_types }: PostgresJsOptions) {
  return Object.fromEntries(
    Object.entries({ max, idle_timeout, max_lifetime, connect_timeout, prepare, debug, fetch_types }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
