/** A target is where we connect: a database on a server, and how to log in to it. */

/** How the connection is encrypted, in libpq's words. */
export type TlsMode = "disable" | "prefer" | "require" | "verify-ca" | "verify-full";

/** A database on a server, and how to log in to it. */
export interface Target {
  /** Host name or address, or the directory of a Unix socket (begins with `/`). */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: TlsMode;
  /** File of certificate authorities to trust. */
  readonly tlsRootCert: string | undefined;
  /** Who decided on it; errors say it. */
  readonly origin: "option url" | "option directUrl" | "TEST_DB_URL" | "TEST_DB_DIRECT_URL" | "embedded";
  /** A pooler in front of this server, which the clients of units go through; all else goes to the server itself. */
  readonly pooler?: Target;
  /** How long to wait for a connection while the server has none left, in milliseconds. `@default 60_000` */
  readonly deadline?: number;
  /** Whose turn it is first, where several wait: the number of the call that connects. No part of the address. */
  readonly [TURN]?: number | undefined;
}

/** A symbol, so that it travels with a target into all that is derived from it, and tells no two targets apart. */
export const TURN: unique symbol = Symbol("turn");

/** `user@host:port/database`, for messages. */
export const describeTarget = (target: Target): string =>
  `${target.user}@${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}/${target.database}`;

/** The same server, another database; also where a pooler is in front of it. */
export const onDatabase = ({ pooler, ...target }: Target, database: string): Target => ({
  ...target,
  database,
  ...(pooler ? { pooler: { ...pooler, database } } : {}),
});
