/** A target is where a connection leads: a database on a server, and how to log in to it. */

/** How the connection is encrypted, in libpq's words: `allow` tries it without first, `prefer` with. */
export type TlsMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

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
  /** What named the server; errors say so. */
  readonly origin: "option url" | "--url" | "TEST_DB_URL" | "embedded";
}

/** What tells one target from another: neither its password nor its origin. */
export const identityOf = ({ host, port, user, database, tls }: Target): string =>
  JSON.stringify([host, port, user, database, tls]);

/** `user@host:port/database`, for messages. */
export const describeTarget = (target: Target): string =>
  `${target.user}@${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}/${target.database}`;

/** The same for messages about reaching the server: homes and templates have names that nobody gave. */
export const describeServer = (target: Target): string =>
  /^it_(home|template)_/.test(target.database)
    ? describeTarget(target).slice(0, -target.database.length - 1)
    : describeTarget(target);

export const onDatabase = (target: Target, database: string): Target => ({ ...target, database });

/** Where the target was named, for messages. */
export const namedBy = ({ origin }: Target): string =>
  ({ "option url": "the option url", "--url": origin, TEST_DB_URL: origin, embedded: "the embedded server" })[origin];
