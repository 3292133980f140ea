import { and, asc, eq, gt, ilike, or, sql } from "drizzle-orm";
import type { CatalogDatabase } from "./database.ts";
import { containsPattern } from "./like-pattern.ts";
import { runbooks } from "./schema/index.ts";

export type Runbook = typeof runbooks.$inferSelect;

export interface NewRunbook {
  title: string;
  body?: string;
}

export interface RunbookPage {
  runbooks: Runbook[];
  /** What to say for `after` to get the next page; undefined on the last one. */
  next: number | undefined;
}

/** What to do when a system fails. Titles are unique per system, in any case; numbers are never given twice. */
export class RunbookService {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  async write(systemId: string, runbook: NewRunbook): Promise<Runbook> {
    const [row] = await this.#db
      .insert(runbooks)
      .values({ systemId, ...runbook })
      .returning();
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return row;
  }

  async getByCode(code: string): Promise<Runbook | undefined> {
    const [row] = await this.#db.select().from(runbooks).where(eq(runbooks.code, code));
    return row;
  }

  /** Those of a system in the order of their numbers, a page at a time; with `containing`, those whose title or body has that in it. */
  async list(
    systemId: string,
    { containing, after = 0, limit = 20 }: { containing?: string; after?: number; limit?: number } = {},
  ): Promise<RunbookPage> {
    const pattern = containing === undefined ? undefined : containsPattern(containing);
    const rows = await this.#db
      .select()
      .from(runbooks)
      .where(
        and(
          eq(runbooks.systemId, systemId),
          gt(runbooks.number, after),
          pattern === undefined ? undefined : or(ilike(runbooks.title, pattern), ilike(runbooks.body, pattern)),
        ),
      )
      .orderBy(asc(runbooks.number))
      .limit(limit + 1);
    const page = rows.slice(0, limit);
    return { runbooks: page, next: rows.length > limit ? page.at(-1)?.number : undefined };
  }

  /** Undefined, and nothing changed, where it isn't there or was revised since that version. What was reviewed was another text. */
  async revise({
    number,
    version,
    body,
  }: {
    number: number;
    version: number;
    body: string;
  }): Promise<Runbook | undefined> {
    const [row] = await this.#db
      .update(runbooks)
      .set({ body, version: sql`${runbooks.version} + 1`, reviewedBy: null, reviewedAt: null })
      .where(and(eq(runbooks.number, number), eq(runbooks.version, version)))
      .returning();
    return row;
  }

  /** True when the runbook was there, was this system's, and is gone. */
  async delete({ systemId, number }: { systemId: string; number: number }): Promise<boolean> {
    const deleted = await this.#db
      .delete(runbooks)
      .where(and(eq(runbooks.number, number), eq(runbooks.systemId, systemId)))
      .returning({ number: runbooks.number });
    return deleted.length > 0;
  }

  /** All of a system's in place of those that it has, or none where one is refused. */
  async replaceAll(systemId: string, written: readonly NewRunbook[]): Promise<Runbook[]> {
    return await this.#db.transaction(async (tx) => {
      await tx.delete(runbooks).where(eq(runbooks.systemId, systemId));
      if (written.length === 0) return [];
      return await tx
        .insert(runbooks)
        .values(written.map((runbook) => ({ systemId, ...runbook })))
        .returning();
    });
  }
}
