/** The messages of the Postgres protocol that pg_dump's connection is followed by, by their first byte. */

export const FROM_SERVER = {
  authentication: 0x52,
  parameter: 0x53,
  ready: 0x5a,
  notice: 0x4e,
  notification: 0x41,
  copyIn: 0x47,
} as const;

/** The first byte of a client's last message. */
export const TERMINATE = 0x58;

/** How many bytes "the server is ready for a query" has. */
export const READY_LENGTH = 6;
