/**
 * The node-postgres driver. A unit's settings travel in the startup packet, so no query can run before they hold.
 * Nothing of a pool outlives `close()`: its sockets are known from their birth, and whoever waits for one is answered.
 */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg, { type ClientBase, type Pool, type PoolClient, type PoolConfig } from "pg";
import { admitted, isFull, nudge } from "../connections/waiting.ts";
import type { DrizzleSchema } from "../drizzle-types.ts";
import { PooledSocket } from "../postgres/pooled-socket.ts";
import { type Idler, mayGiveWay } from "../postgres/room.ts";
import type { Opening } from "../postgres/unit-socket.ts";
import { startupOptions } from "../target/connection-url.ts";
import type { Target } from "../target/target.ts";
import type { Context, Driver } from "./driver.ts";
import { type DrizzleParts, drizzleConfig } from "./drizzle-config.ts";
import { tlsOf } from "./node-postgres-tls.ts";

/** What a call with node-postgres works with; `db` as `drizzle()` returns it. */
export type NodePgContext<TSchema extends DrizzleSchema> = Context<NodePgDatabase<TSchema> & { $client: Pool }, Pool>;

/** A driver with the user's own options for Drizzle and for node-postgres. */
export function nodePostgres<TSchema extends DrizzleSchema>(
  parts: DrizzleParts,
  options: PoolConfig = {},
): Driver<NodePgContext<TSchema>> {
  const config = drizzleConfig(parts);
  return {
    async connect(target, settings, { maySleep, pooled = false, opening } = {}) {
      const sockets = new Sockets(() => nudge(target));
      const gone = new AbortController();
      const client = new UnitPool(target, maySleep, {
        // a unit that nobody disposes of keeps no process alive
        allowExitOnIdle: true,
        ...options,
        ...(await whereTo(target, pooled)),
        ...withSettings(options, pooled ? { application_name: settings["application_name"] ?? "" } : settings),
        stream: () =>
          sockets.add(pooled ? new PooledSocket(target, settings, gone.signal) : (options.stream?.() ?? new Socket())),
      });
      const stay = maySleep && options.idleTimeoutMillis !== 0 ? mayGiveWay(target, client) : () => {};
      // a connection that ends while no query runs is noticed by the next one; without a listener it ends the process
      client.on("error", () => {});
      client.on("connect", (connected) => connected.on("error", () => {}));
      return {
        context: { db: drizzle<TSchema, Pool>({ ...config, client }), client },
        opened: opening ? onOneConnection(client, opening) : Promise.resolve(),
        async close(grace = 0) {
          stay();
          // a query of this very tick gets its connection in the next one, and from a pool that is ending none
          await immediate();
          const late = new AbortController();
          // it waits for every client that is checked out, and fails where the user has called it before
          const ended = (client.ending ? Promise.resolve() : client.end()).then(() => sockets.allClosed());
          await Promise.race([ended, sleep(grace, undefined, { signal: late.signal }).catch(() => {})]);
          late.abort();
          client.refuseWaiting();
          gone.abort();
          sockets.destroy();
          await sockets.allClosed();
          return undefined;
        },
      };
    },
  };
}

/** The opening, on a connection that the pool keeps for the first query. It needs to know of no types. */
async function onOneConnection(pool: Pool, opening: Opening): Promise<void> {
  const connected = await pool.connect();
  try {
    await opening(
      async (query) => {
        const { rows } = await connected.query<[string | null]>({ text: query, rowMode: "array" });
        return rows[0]?.[0] ?? null;
      },
      (connected as PoolClient & { readonly processID?: number | null }).processID ?? undefined,
    );
  } finally {
    connected.release();
  }
}

/** Every setting that node-postgres would otherwise look up in a `PG*` variable or in ~/.pgpass. */
async function whereTo(target: Target, pooled: boolean): Promise<PoolConfig> {
  const { host, port, user, database, password } = target;
  const unread = { connectionString: undefined, replication: "false" };
  return {
    ...unread,
    host,
    port,
    user,
    database,
    // a function, because an empty string would make it read PGPASSWORD
    password: () => password ?? "",
    // the encryption of a pooled socket is its own
    ssl: pooled ? false : await tlsOf(target),
    sslnegotiation: "postgres",
    client_encoding: "UTF8",
  };
}

/** Ours come last and win. Nothing here is ever empty, since it would then be taken from PGOPTIONS or PGAPPNAME. */
function withSettings(
  options: PoolConfig,
  { application_name, ...settings }: Readonly<Record<string, string>>,
): PoolConfig {
  return {
    application_name: application_name ?? (options.application_name || "with-test-db"),
    options: `${options.options ?? ""} ${startupOptions(settings)}`,
  };
}

type Waiting = Parameters<Pool["connect"]>[0];

/**
 * A pool that waits where the server has no connection left, and gives back what idles while others wait, as it does
 * after its own `idleTimeoutMillis`. When it is closed, it answers who waits; `end()` alone leaves them waiting for ever.
 */
class UnitPool extends pg.Pool implements Idler {
  readonly #target: Target;
  readonly #maySleep: (() => boolean) | undefined;
  readonly #waiting = new Set<Waiting>();
  readonly #closed = new AbortController();
  /** Those who stand in line, and how they are called when this pool has something for them. */
  readonly #inLine = new Set<() => void>();
  readonly #idleSince = new WeakMap<ClientBase, number>();

  constructor(target: Target, maySleep: (() => boolean) | undefined, config: PoolConfig) {
    super(config);
    this.#target = target;
    this.#maySleep = maySleep;
    this.on("release", (_, client) => {
      this.#idleSince.set(client, performance.now());
      const [first] = this.#inLine;
      // it is put back after this event
      if (first) process.nextTick(first);
    });
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Waiting): void;
  override connect(callback?: Waiting): Promise<PoolClient> | undefined {
    if (!callback) {
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (client ? resolve(client) : reject(error)));
      });
    }
    const waiting: Waiting = (...answer) => {
      if (this.#waiting.delete(waiting)) callback(...answer);
    };
    this.#waiting.add(waiting);
    const opens = this.idleCount === 0 && this.totalCount < this.options.max;
    if (opens) this.#admit(waiting);
    else {
      super.connect((error, client, release) => {
        if (error && isFull(error)) this.#admit(waiting);
        else waiting(error, client, release);
      });
    }
    return undefined;
  }

  #admit(waiting: Waiting): void {
    let call = (): void => {};
    admitted(this.#target, {
      knock: () =>
        new Promise<Parameters<Waiting>>((resolve, reject) => {
          super.connect((...answer) => (answer[0] ? reject(answer[0]) : resolve(answer)));
        }),
      signal: this.#closed.signal,
      onWaiting: (hurry) => {
        call = hurry;
        this.#inLine.add(call);
      },
    })
      .finally(() => this.#inLine.delete(call))
      .then(
        (answer) => waiting(...answer),
        (error: Error) => waiting(error, undefined, () => {}),
      );
  }

  refuseWaiting(): void {
    for (const waiting of this.#waiting) waiting(new Error("the unit was disposed of"), undefined, () => {});
    this.#closed.abort();
  }

  idles(): boolean {
    return this.idleCount > 0 && !this.ending && this.#maySleep?.() === true;
  }

  /** The pool itself knows which are idle, so it is asked for them all, and gets back those that are not to go. */
  giveWay(time: number): void {
    if (!this.idles()) return;
    for (let idle = this.idleCount; idle > 0; idle--) {
      super.connect((_, client, release) => {
        const since = client && this.#idleSince.get(client);
        release(since !== undefined && performance.now() - since >= time);
        if (client && since !== undefined) this.#idleSince.set(client, since);
      });
    }
  }
}

/** The sockets of a pool that are open or opening. */
class Sockets {
  readonly #open = new Set<Duplex>();
  readonly #onClose: () => void;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  add(socket: Duplex): Duplex {
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#onClose();
    });
    return socket;
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async allClosed(): Promise<void> {
    await Promise.all([...this.#open].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  }
}
