/**
 * How many connections a unit's client has, and how long an idle one stays, unless the user's `client` option says otherwise.
 * The same for both drivers.
 */

/** The most connections of one client: several units of several processes share a server's. */
export const MAX_CONNECTIONS = 5;

/**
 * The idle timeout, in seconds: node-postgres' own default. A unit whose client has no connection left is known to be in
 * use by the lock of its process.
 */
export const IDLE_TIMEOUT = 10;

/** The options that have a value: one that is there and undefined leaves a default as it is. */
export const withValues = <Options extends object>(options: Options): Partial<Options> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>;
