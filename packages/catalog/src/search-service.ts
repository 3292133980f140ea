import { and, asc, desc, eq, ilike, ne, or, sql } from "drizzle-orm";
import type { CatalogDatabase } from "./database.ts";
import { containsPattern } from "./like-pattern.ts";
import { liveSystems, systems, systemTags, tags, tagUsage } from "./schema/index.ts";

/** Finding a system without knowing its name. Retired ones are never found. */
export class SearchService {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  /** Names that resemble what was typed, the nearest first, ties by name. */
  async suggest(typed: string, { limit = 5 }: { limit?: number } = {}): Promise<{ id: string; name: string }[]> {
    const nearness = sql<number>`similarity(${systems.name}, ${typed})`;
    return await this.#db
      .select({ id: systems.id, name: systems.name })
      .from(systems)
      .where(and(ne(systems.lifecycle, "retired"), sql`${systems.name} % ${typed}`))
      .orderBy(desc(nearness), asc(systems.name))
      .limit(limit);
  }

  /** Names that contain what was typed, and texts that contain its words. */
  async find(typed: string): Promise<{ id: string; name: string }[]> {
    return await this.#db
      .select({ id: systems.id, name: systems.name })
      .from(systems)
      .where(
        and(
          ne(systems.lifecycle, "retired"),
          or(
            ilike(systems.name, containsPattern(typed)),
            sql`${systems.document} @@ websearch_to_tsquery('english', ${typed})`,
          ),
        ),
      )
      .orderBy(asc(systems.name));
  }

  async listLive(): Promise<(typeof liveSystems.$inferSelect)[]> {
    return await this.#db.select().from(liveSystems).orderBy(asc(liveSystems.name));
  }

  /** Tags compare without regard to case, and keep the spelling they were first given. */
  async tag(systemId: string, name: string): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await tx.insert(tags).values({ name }).onConflictDoNothing();
      const [tag] = await tx.select({ id: tags.id }).from(tags).where(eq(tags.name, name));
      if (tag === undefined) throw new Error(`The tag ${name} was deleted meanwhile`);
      await tx.insert(systemTags).values({ systemId, tagId: tag.id }).onConflictDoNothing();
    });
  }

  async listTagged(name: string): Promise<string[]> {
    const rows = await this.#db
      .select({ id: systems.id })
      .from(systems)
      .innerJoin(systemTags, eq(systemTags.systemId, systems.id))
      .innerJoin(tags, eq(tags.id, systemTags.tagId))
      .where(and(eq(tags.name, name), ne(systems.lifecycle, "retired")))
      .orderBy(asc(systems.id));
    return rows.map((row) => row.id);
  }

  async refreshTagUsage(): Promise<void> {
    await this.#db.refreshMaterializedView(tagUsage).concurrently();
  }

  /** As of the last refresh. */
  async getTagUsage(): Promise<Record<string, number>> {
    const rows = await this.#db.select().from(tagUsage);
    return Object.fromEntries(rows.map((row) => [row.name, row.systemCount]));
  }
}
