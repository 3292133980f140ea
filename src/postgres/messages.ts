/** The messages of the Postgres protocol that are looked at here, by their first byte, and those that are always the same. */
import { frame } from "./frames.ts";

export const FROM_SERVER = {
  authentication: 0x52,
  parameter: 0x53,
  key: 0x4b,
  ready: 0x5a,
  error: 0x45,
  notice: 0x4e,
  notification: 0x41,
  row: 0x44,
  copyIn: 0x47,
} as const;

export const FROM_CLIENT = {
  query: 0x51,
  parse: 0x50,
  bind: 0x42,
  describe: 0x44,
  execute: 0x45,
  close: 0x43,
  flush: 0x48,
  sync: 0x53,
  call: 0x46,
  password: 0x70,
} as const;

/** The end of an extended query. */
export const SYNC: Buffer = frame("S", Buffer.alloc(0));
/** The end of a session. */
export const TERMINATE: Buffer = frame("X", Buffer.alloc(0));
/** The server waits for a query, outside of any transaction. */
export const READY_FOR_QUERY: Buffer = frame("Z", Buffer.from("I"));
