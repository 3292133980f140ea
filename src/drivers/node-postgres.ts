/**
 * The node-postgres driver. A unit's settings travel in the startup packet, so no query can run before they hold.
 * Nothing of a pool outlives `close()`: its sockets are known from their birth, and every caller that waits is answered.
 */
import { Socket } from "node:net";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg, { type ClientConfig, type Pool, type PoolClient, type PoolConfig } from "pg";
import { noteDriver } from "../connections/assert-timers-run.ts";
import { letDriversPass } from "../connections/drivers-timers.ts";
import { CONNECT_DEADLINE } from "../connections/socket.ts";
import { Sockets } from "../connections/sockets.ts";
import type { DrizzleSchema } from "../drizzle-types.ts";
import { startupOptions } from "../target/connection-url.ts";
import type { Target } from "../target/target.ts";
import { clearTimeout, nextTick, setImmediate, setTimeout } from "../timers.ts";
import { IDLE_TIMEOUT, MAX_CONNECTIONS, withValues } from "./client-defaults.ts";
import type { Answer, Context, Driver, Reserved } from "./driver.ts";
import { type DrizzleParts, drizzleConfig } from "./drizzle-config.ts";
import { tlsOf } from "./node-postgres-tls.ts";
import { nodePostgresTransaction } from "./node-postgres-transaction.ts";
import { Savepoints } from "./savepoints.ts";
import { whileConnecting } from "./while-connecting.ts";

noteDriver(pg.Pool.prototype.connect);

/** What a call with node-postgres works with; `db` as `drizzle()` returns it. */
export type NodePgContext<TSchema extends DrizzleSchema> = Context<NodePgDatabase<TSchema> & { $client: Pool }, Pool>;

/** A driver with the user's own options for Drizzle and for node-postgres. */
export function nodePostgres<TSchema extends DrizzleSchema>(
  parts: DrizzleParts,
  options: PoolConfig = {},
): Driver<NodePgContext<TSchema>> {
  const config = drizzleConfig(parts);
  return {
    async connect(target, settings) {
      const sockets = new Sockets();
      const client = new UnitPool({
        // a forgotten dispose() keeps no process alive
        allowExitOnIdle: true,
        max: MAX_CONNECTIONS,
        idleTimeoutMillis: IDLE_TIMEOUT * 1000,
        Client: UnitClient,
        ...withValues(options),
        ...(await whereTo(target)),
        ...withSettings(options, settings),
        stream: () => sockets.add(options.stream?.() ?? new Socket()),
      });
      // a connection that ends while no query runs is noticed by the next one; without a listener it ends the process
      client.on("error", () => {});
      client.on("connect", (connected) => connected.on("error", () => {}));
      const reserve = async (): Promise<Reserved> => {
        const connected = await client.quietly(() => client.connect());
        // node-postgres wants one query after the other
        let last: Promise<unknown> = Promise.resolve();
        return {
          ask(query) {
            const answer = last.then(() => ask(connected, query));
            last = answer.catch(() => {});
            return answer;
          },
          release: () => void last.then(() => connected.release()),
        };
      };
      return {
        context: whileConnecting(() => ({ db: drizzle<TSchema, Pool>({ ...config, client }), client })),
        async ask(query) {
          const reserved = await reserve();
          return reserved.ask(query).finally(reserved.release);
        },
        reserve,
        async useOne() {
          const connected = await client.quietly(() => client.connect());
          // node-postgres sends a query once the one before is answered
          const savepoints = new Savepoints((statement) => connected.query(statement));
          client.lead(() => nodePostgresTransaction(connected, savepoints));
          return {
            ask: (query) => savepoints.inTurn(() => ask(connected, query)),
            async end() {
              await savepoints.end().finally(() => {
                client.lead();
                connected.release();
              });
            },
          };
        },
        wasAsked: () => client.wasAsked,
        forgetAsked() {
          client.wasAsked = false;
        },
        // node-postgres knows Postgres' own array types, and takes all others for text
        learnArrayTypes() {},
        renew: async () => client.renew(),
        async close(grace = 0) {
          // a query of this very tick gets its connection in the next one, and from a pool that is ending none
          await new Promise((resolve) => setImmediate(resolve));
          // end() waits for every client that is checked out, and fails where the user has called it before
          const ended = (client.ending ? Promise.resolve() : client.end()).then(() => sockets.allClosed());
          client.refuseWaiting();
          let timer: NodeJS.Timeout | undefined;
          const late = new Promise((resolve) => {
            timer = setTimeout(resolve, grace);
          });
          await Promise.race([ended, late]);
          clearTimeout(timer);
          sockets.destroy();
          await sockets.allClosed();
        },
      };
    },
  };
}

/** As text, so that the user's parsers don't change it. */
async function ask(client: PoolClient, query: string): Promise<Answer> {
  const asText = { getTypeParser: () => (value: string) => value };
  const answered = await client.query<[string | null]>({ text: query, rowMode: "array", types: asText });
  // of several statements, the last one answers
  const { rows } = [answered].flat().at(-1) ?? answered;
  const { processID } = client as PoolClient & { readonly processID?: number | null };
  return { value: rows[0]?.[0] ?? null, told: processID ?? undefined };
}

/** Every setting that node-postgres would otherwise look up in a `PG*` variable or in ~/.pgpass. */
async function whereTo(target: Target): Promise<PoolConfig> {
  const { host, port, user, database, password } = target;
  const unread = { connectionString: undefined, replication: "false" };
  return {
    ...unread,
    host,
    port,
    user,
    database,
    // a function, because an empty string would make node-postgres read PGPASSWORD
    password: () => password ?? "",
    ssl: await tlsOf(target),
    sslnegotiation: "postgres",
    client_encoding: "UTF8",
  };
}

/** The unit's settings come last and win. None is ever empty, since it would then be taken from PGOPTIONS or PGAPPNAME. */
function withSettings(
  options: PoolConfig,
  { application_name, ...settings }: Readonly<Record<string, string>>,
): PoolConfig {
  return {
    application_name: application_name ?? (options.application_name || "with-test-db"),
    options: `${options.options ?? ""} ${startupOptions(settings)}`,
  };
}

type Callback = Parameters<Pool["connect"]>[0];

/** What of node-postgres' client is used: the query under way, where versions keep it, and what hears of errors first. */
interface ClientInside {
  readonly _activeQuery?: { readonly text?: string; readonly values?: unknown[] } | null;
  readonly activeQuery?: ClientInside["_activeQuery"];
  readonly connection: { on(event: "errorMessage", listener: (error: Error) => void): void };
}

/**
 * A client whose errors say what failed and in which unit, as postgres.js' do; and that gives up on a peer that accepts a
 * connection and says nothing: the pool's own option would also limit how long a caller waits for one of the pool's connections.
 */
class UnitClient extends pg.Client {
  constructor(config: ClientConfig = {}) {
    // inherited and not copied: the pool keeps the password from copies
    const own: ClientConfig = Object.create(config);
    own.connectionTimeoutMillis = config.connectionTimeoutMillis ?? CONNECT_DEADLINE;
    super(own);
    const inside = this as unknown as ClientInside;
    inside.connection.on("errorMessage", (error) => {
      const { text: query, values: parameters } =
        ("_activeQuery" in inside ? inside._activeQuery : inside.activeQuery) ?? {};
      Object.assign(error, withValues({ unit: config.application_name, query, parameters }));
    });
  }
}

/**
 * A pool that answers the callers that wait when it is closed, where `end()` alone leaves them waiting for ever; that can be
 * told to use none of its connections again, and to lead its callers into a transaction for a while.
 */
class UnitPool extends pg.Pool {
  readonly #waiting = new Set<Callback>();
  #current = new WeakSet<PoolClient>();
  #checkOut: (() => PoolClient) | undefined;
  /** Whether somebody has asked for a connection, but while callers were led elsewhere, or by `quietly`. */
  wasAsked = false;

  constructor(config: PoolConfig) {
    super(config);
    this.on("connect", (client) => void this.#current.add(client));
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<PoolClient> | undefined {
    if (!callback) {
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (client ? resolve(client) : reject(error)));
      });
    }
    if (this.#checkOut) {
      const client = this.#checkOut();
      nextTick(callback, undefined, client, client.release);
      return undefined;
    }
    this.wasAsked = true;
    const waiting: Callback = (error, client, release) => {
      if (client && !this.#current.has(client)) {
        release(true);
        super.connect(waiting);
      } else if (this.#waiting.delete(waiting)) callback(error, client, release);
      else if (client) release();
    };
    this.#waiting.add(waiting);
    letDriversPass();
    super.connect(waiting);
    return undefined;
  }

  /** An idle connection of before is closed when it would be used next, or by its idle timeout. */
  renew(): void {
    this.#current = new WeakSet();
  }

  /** Leads all callers to other clients; to the pool's own again where nothing is given. */
  lead(checkOut?: () => PoolClient): void {
    this.#checkOut = checkOut;
  }

  /** Asks for something that doesn't count. */
  quietly<Result>(ask: () => Result): Result {
    const before = this.wasAsked;
    try {
      return ask();
    } finally {
      this.wasAsked = before;
    }
  }

  refuseWaiting(): void {
    for (const waiting of this.#waiting) waiting(new Error("the unit was disposed of"), undefined, () => {});
  }
}
