/** Advisory locks of ours: held by a session, and gone with it, however it ends. */
import { createHash, randomInt } from "node:crypto";
import type { Session } from "./session.ts";

/** The first half of every key of ours: `wtdb` in ASCII. */
export const LOCK_CLASS = 0x77_74_64_62;

/** The second half for a name. */
const keyOf = (name: string): number => createHash("sha256").update(name).digest().readInt32BE(0);

/** The number of a lock that no other process has. */
export const newLock = (): number => randomInt(-(2 ** 31), 2 ** 31 - 1);

/** The number of the lock under which a home is built or dropped. */
export const homeLock = (name: string): number => keyOf(name);

/** The number of the lock under which a standing database is made, changed or dropped. */
export const standingLock = (name: string): number => keyOf(`standing ${name}`);

/** Runs `work` while holding the lock with the given number; doesn't run it where another session has the lock. */
export async function tryLock(session: Session, number: number, work: () => Promise<void>): Promise<void> {
  if (!(await holdLock(session, number))) return;
  try {
    await work();
  } finally {
    await session.rows("select pg_advisory_unlock($1::int, $2::int)", [LOCK_CLASS, number]).catch(() => {});
  }
}

/** Takes the lock with the given number for as long as the session lasts. False where another session has it. */
export async function holdLock(session: Session, number: number): Promise<boolean> {
  const [row] = await session.rows<{ held: boolean }>("select pg_try_advisory_lock($1::int, $2::int) as held", [
    LOCK_CLASS,
    number,
  ]);
  return row?.held === true;
}

/** Whether a session has the lock with the given number; in this database, unless others are asked for. */
export async function isLocked(session: Session, number: number, where: Where = "in this database"): Promise<boolean> {
  const [row] = await session.rows<{ locked: boolean }>(`select ${isHeld("$1::int", where)} as locked`, [number]);
  return row?.locked === true;
}

type Where = "in this database" | "in any database";

/** SQL: whether a session has the lock with the number that an expression gives. */
export const isHeld = (number: string, where: Where = "in this database"): string => `exists (select from pg_locks
  where locktype = 'advisory' and granted and classid = ${LOCK_CLASS} and objid = ${number}::oid and objsubid = 2
    and ${where === "in any database" ? "true" : "database = (select oid from pg_database where datname = current_database())"})`;
