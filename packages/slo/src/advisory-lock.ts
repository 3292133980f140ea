import type { Sql } from "postgres";

/** The right to do something that one process at a time may do. */
export interface AcquiredLock {
  /** Gives the lock to whoever asks next. Does nothing the second time. */
  release(): Promise<void>;
}

/**
 * Locks of a session: Postgres frees them when the session ends, so a process that dies keeps nobody from going on. A connection is
 * reserved for as long as a lock is held. Keys are those of the whole database.
 */
export class AdvisoryLock {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Null where somebody has it; nobody is waited for. */
  async tryAcquire(key: string): Promise<AcquiredLock | null> {
    const session = await this.#sql.reserve();
    let isHeld = false;
    try {
      const [row] = await session<{ acquired: boolean }[]>`
        select pg_try_advisory_lock(hashtextextended(${key}, 0)) as acquired`;
      isHeld = row?.acquired ?? false;
    } finally {
      if (!isHeld) session.release();
    }
    if (!isHeld) return null;
    return {
      async release() {
        if (!isHeld) return;
        isHeld = false;
        try {
          await session`select pg_advisory_unlock(hashtextextended(${key}, 0))`;
        } finally {
          session.release();
        }
      },
    };
  }
}
