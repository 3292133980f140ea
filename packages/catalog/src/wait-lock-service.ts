import { and, asc, eq, exists, inArray } from "drizzle-orm";
import type { CatalogDatabase } from "./database.ts";
import { waitLockRefs, waitLocks } from "./schema/index.ts";

export type WaitLock = typeof waitLocks.$inferSelect;

/** Deployments that wait for something. Several processes look at them at once, and each deployment is started by one. */
export class WaitLockService {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  async create(waitLock: { systemId: string; version: string }): Promise<WaitLock> {
    const [row] = await this.#db.insert(waitLocks).values(waitLock).returning();
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return row;
  }

  /** True for whoever added it; false where it was there, or is being added by somebody else just now. */
  async addRef(ref: { waitLockId: number; ref: string }): Promise<boolean> {
    const added = await this.#db.insert(waitLockRefs).values(ref).onConflictDoNothing().returning();
    return added.length > 0;
  }

  /** Those that wait for at least one of these, once each, the oldest first. */
  async findByRefs(refs: string[]): Promise<WaitLock[]> {
    const { waitLockId, ref } = waitLockRefs;
    const common = this.#db
      .select({ ref })
      .from(waitLockRefs)
      .where(and(eq(waitLockId, waitLocks.id), inArray(ref, refs)));
    return await this.#db.select().from(waitLocks).where(exists(common)).orderBy(asc(waitLocks.id));
  }

  /** Takes it: the row for the one who may start the deployment, undefined for everybody else. */
  async delete(id: number): Promise<WaitLock | undefined> {
    const [row] = await this.#db.delete(waitLocks).where(eq(waitLocks.id, id)).returning();
    return row;
  }
}
