/** What the library needs of a database driver: a client to hand to the user, queries of ours on it, and a way to close it. */
import type { Target } from "../target/target.ts";

/** What a user works with: Drizzle's `db` and the client under it. */
export interface Context<Db, Client> {
  readonly db: Db;
  readonly client: Client;
}

/** Types with their arrays, as oids: `16:1000 17:1001`. */
export type ArrayTypes = string;

/** One value, as text, and the server's process that the login told of, if the driver knows that. */
export interface Answer {
  readonly value: string | null;
  readonly told: number | undefined;
}

/** Something that asks for one value. A query is sent as it is, parameters as literals in it; of several, the last one answers. */
export interface Asking {
  ask(query: string): Promise<Answer>;
}

/** One of a client's connections, for queries that have to follow one another. */
export interface Reserved extends Asking {
  /** Gives the connection back to the client once everything that was asked is answered. */
  release(): void;
}

/** The connection that all queries of a client go to. Queries of ours come after all that was asked before. */
export interface OnlyConnection extends Asking {
  /** Has the client use all of its connections again. */
  end(): Promise<void>;
}

/** A client that is bound to a unit or to a database of ours. */
export interface Connection<C> extends Asking {
  /** What the user works with. Throws what `drizzle()` throws. */
  context(): C;
  /** Takes one of the client's connections: waits for one that is idle, or opens one. */
  reserve(): Promise<Reserved>;
  /**
   * Has all that the client is asked from now on go to one of its connections, for a transaction that the caller begins and
   * ends there: statements one by one, each undone alone where it fails, and transactions as savepoints.
   */
  useOne(): Promise<OnlyConnection>;
  /** Whether the user has asked anything by the client since the last `forget()`, outside of `useOne()`. */
  wasAsked(): boolean;
  forgetAsked(): void;
  /** Tells the client which types have arrays, where it would have to ask the server itself otherwise. */
  learnArrayTypes(types: ArrayTypes): void;
  /**
   * Has no connection used again that is open now: it may know types by numbers that are gone, in prepared statements of its
   * own and of the server's. What is in use, by a query, a transaction or a reservation, stays until it is not.
   */
  renew(): Promise<void>;
  /** Refuses new queries, and closes every connection; queries under way get `grace` milliseconds. `@default 0` */
  close(grace?: number): Promise<void>;
}

export interface ConnectOptions {
  /** Whether the client will be told of array types, and need not ask. `@default false` */
  readonly isToldTypes?: boolean;
}

export interface Driver<C> {
  /** Makes a client whose every connection has these settings from its first message on. It connects with its first query. */
  connect(target: Target, settings: Readonly<Record<string, string>>, options?: ConnectOptions): Promise<Connection<C>>;
}
