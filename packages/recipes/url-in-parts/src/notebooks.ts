import { notebooks } from "../../schema.ts";
import { db, pool } from "./db.ts";

export const addNotebook = async (name: string): Promise<void> => void (await db.insert(notebooks).values({ name }));

/** SQL of the application's own, that names the schema. */
export async function notebookNames(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>("SELECT name FROM public.notebooks ORDER BY id");
  return rows.map(({ name }) => name);
}
