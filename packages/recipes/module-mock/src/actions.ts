import { eq, sql } from "drizzle-orm";
import { notebooks, notes } from "../../schema.ts";
import { db } from "./db.ts";

export async function addNotes(name: string, texts: readonly string[]): Promise<void> {
  await db.transaction(async (tx) => {
    const [notebook] = await tx
      .insert(notebooks)
      .values({ name })
      .onConflictDoUpdate({ target: notebooks.name, set: { name: sql`excluded.name` } })
      .returning();
    await tx.insert(notes).values(texts.map((text) => ({ notebookId: notebook?.id ?? 0, text })));
  });
}

/** Two queries side by side, as a page asks for what it shows. */
export async function overview(): Promise<{ notebooks: string[]; notes: number }> {
  const [names, count] = await Promise.all([db.query.notebooks.findMany({ orderBy: notebooks.id }), db.$count(notes)]);
  return { notebooks: names.map(({ name }) => name), notes: count };
}

export async function removeNotebook(name: string): Promise<void> {
  await db.delete(notebooks).where(eq(notebooks.name, name));
}
