/** The advisory lock that a supervisor holds in its server: a session's lock, so free once the supervisor is dead. */
import { LOCK_CLASS } from "../connections/advisory-lock.ts";

const NUMBER = 1;

/** Takes the lock; `locked` tells whether it was free. */
export const TAKE_SUPERVISOR_LOCK: string = `select pg_try_advisory_lock(${LOCK_CLASS}, ${NUMBER}) as locked`;

/** An expression: whether a supervisor has the lock. */
export const IS_SUPERVISED: string = `exists (select from pg_locks
  where locktype = 'advisory' and classid = ${LOCK_CLASS} and objid = ${NUMBER} and objsubid = 2 and granted)`;
