/** The postgres.js driver. A unit's settings travel in the startup packet, so no query can run before they hold. */
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Options, PostgresType, Row, Sql } from "postgres";
import { connectionOptions, createClient } from "../connections/client.ts";
import type { GuardedSql } from "../connections/held-connections.ts";
import { Sockets } from "../connections/sockets.ts";
import type { DrizzleSchema } from "../drizzle-types.ts";
import { arrayTypesTeacher } from "./array-types.ts";
import { IDLE_TIMEOUT, MAX_CONNECTIONS, withValues } from "./client-defaults.ts";
import type { Answer, Context, Driver } from "./driver.ts";
import { type DrizzleParts, drizzleConfig } from "./drizzle-config.ts";
import { postgresJsTransaction } from "./postgres-js-transaction.ts";
import { renewableClient } from "./renewable-client.ts";
import { Savepoints } from "./savepoints.ts";
import { whileConnecting } from "./while-connecting.ts";

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
    async connect(target, settings, { isToldTypes = false } = {}) {
      const sockets = new Sockets();
      const unit = settings["application_name"];
      const clientOptions = {
        onnotice: () => {},
        ...options,
        ...connectionOptions(target, sockets),
        ...{ max: MAX_CONNECTIONS, idle_timeout: IDLE_TIMEOUT },
        ...chosen(options),
        connection: { ...options.connection, ...settings },
      };
      const first = createClient(clientOptions, unit);
      keepAnswers(first);
      const learnArrayTypes = isToldTypes && first.options.fetch_types ? arrayTypesTeacher(first) : undefined;
      const withoutTypes = (client: GuardedSql): GuardedSql => (learnArrayTypes ? fetchNoTypes(client) : client);
      const another = ({ options }: GuardedSql): GuardedSql => withoutTypes(createClient(options as object, unit));
      const { client, renew, lead, asked, quietly } = renewableClient(withoutTypes(first), another, unit);
      // named, since drizzle-orm 1.0 silently ignores a client by position
      const context = whileConnecting(() => ({ db: drizzle<TSchema, Sql>({ ...config, client }), client }));
      return {
        context,
        ask: (query) => quietly((client) => ask(client, query)),
        async reserve() {
          const reserved = await quietly((client) => client.reserve());
          return { ask: (query) => ask(reserved, query), release: () => reserved.release() };
        },
        async useOne() {
          const reserved = await quietly((client) => client.reserve());
          const savepoints = new Savepoints((statement) => reserved.unsafe(statement).simple().execute());
          lead(postgresJsTransaction(first, reserved, savepoints));
          return {
            ask: (query) => savepoints.inTurn(() => ask(reserved, query)),
            async end() {
              await savepoints.end().finally(() => {
                lead();
                reserved.release();
              });
            },
          };
        },
        wasAsked: () => asked.is,
        forgetAsked() {
          asked.is = false;
        },
        learnArrayTypes: (types) => learnArrayTypes?.(types),
        // a query that was made and not sent yet would wait for a client's first connection for ever once all were ended
        renew: async () => void (sockets.isEmpty || renew()),
        async close(grace = 0) {
          await client.end({ timeout: grace / 1000 });
          sockets.destroy();
        },
      };
    },
  };
}

/** Raw, so that neither the user's types nor transformations of columns and values change the answer. */
async function ask(client: Pick<Sql, "unsafe">, query: string): Promise<Answer> {
  const answered = await client.unsafe(query).simple().raw();
  // of several statements, the last one answers
  const rows = "state" in answered ? answered : ((answered as unknown as (typeof answered)[]).at(-1) ?? answered);
  const value = rows[0]?.[0] as Buffer | null | undefined;
  return { value: value?.toString("utf8") ?? null, told: rows.state.pid };
}

/** Keeps a transformation of rows, which raw rows go through as well, from rows that are one raw value. */
function keepAnswers({ options }: Sql): void {
  const { row } = options.transform;
  const transform = row.from;
  if (!transform) return;
  row.from = (value: unknown) =>
    Array.isArray(value) && value.length === 1 && (value[0] === null || Buffer.isBuffer(value[0]))
      ? value
      : transform(value as Row);
}

/**
 * Has the client ask for no types: the rejection of its own query for them is not handled, and ends the process, where
 * a connection breaks just then. Without that query postgres.js 3.4 forgets a reservation that has to open a connection, so
 * a query opens the connection beforehand.
 */
function fetchNoTypes(client: GuardedSql): GuardedSql {
  client.options.fetch_types = false;
  const reserve = client.reserve;
  client.reserve = async () => {
    await client.unsafe(";").simple();
    return reserve();
  };
  return client;
}

/** How many connections, and how they behave, is the user's to choose; where they lead is not. */
function chosen({ max, idle_timeout, max_lifetime, connect_timeout, prepare, debug, fetch_types }: PostgresJsOptions) {
  return withValues({ max, idle_timeout, max_lifetime, connect_timeout, prepare, debug, fetch_types });
}
