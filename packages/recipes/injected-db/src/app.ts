import { type ExtractTablesWithRelations, eq } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { Hono } from "hono";
import * as schema from "../../schema.ts";

/** Whatever driver is under it. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema, ExtractTablesWithRelations<typeof schema>>;

export function createApp(db: Database): Hono {
  const app = new Hono();
  app.get("/notebooks/:name", async (c) => {
    const [notebook] = await db
      .select()
      .from(schema.notebooks)
      .where(eq(schema.notebooks.name, c.req.param("name")));
    if (!notebook) return c.json({ error: "not found" }, 404);
    const notes = await db.select().from(schema.notes).where(eq(schema.notes.notebookId, notebook.id));
    return c.json({ name: notebook.name, notes: notes.map(({ text }) => text) });
  });
  app.post("/notebooks", async (c) => {
    const { name, notes } = await c.req.json<{ name: string; notes: string[] }>();
    try {
      await db.transaction(async (tx) => {
        const [notebook] = await tx.insert(schema.notebooks).values({ name }).returning();
        for (const text of notes) await tx.insert(schema.notes).values({ notebookId: notebook?.id ?? 0, text });
      });
    } catch {
      return c.json({ error: "not stored" }, 409);
    }
    return c.json({ name }, 201);
  });
  return app;
}
