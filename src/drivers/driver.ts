/** What the library needs of a database driver: a connection to hand to the user, and a way to close it. */

import type { Farewell, FarewellReply, Opening } from "../postgres/unit-socket.ts";
import type { Target } from "../target/target.ts";

/** What a user works with: Drizzle's `db` and the client under it. */
export interface Context<Db, Client> {
  readonly db: Db;
  readonly client: Client;
}

export interface Connection<C> {
  readonly context: C;
  /** Once the opening is done; fails with it. */
  readonly opened: Promise<void>;
  /**
   * Closes every connection; queries under way get `grace` milliseconds. `@default 0`
   *
   * @param farewell - queries for a connection that is idle by then
   * @returns what came of them; undefined where no connection could be asked
   */
  close(grace?: number, farewell?: Farewell): Promise<FarewellReply | undefined>;
}

export interface ConnectOptions {
  /** Whether connections may be kept for another unit once this client has ended. `@default false` */
  readonly mayShelve?: boolean;
  /** Whether connections that idle may be given back just now, while others wait for one. Without it, none ever is. */
  readonly maySleep?: (() => boolean) | undefined;
  /** Whether the target is a pooler, which takes no settings at login. `@default false` */
  readonly pooled?: boolean;
  /** What the first connection is used for before the client has it; it is opened at once then. */
  readonly opening?: Opening;
}

export interface Driver<C> {
  /**
   * Makes a client whose every connection has these settings from its first message on. Without an opening, it connects
   * when it is first used.
   */
  connect(target: Target, settings: Readonly<Record<string, string>>, options?: ConnectOptions): Promise<Connection<C>>;
}
