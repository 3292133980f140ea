import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";

export const notebooks = pgTable("notebooks", {
  id: serial().primaryKey(),
  name: text().notNull().unique(),
});

export const notes = pgTable("notes", {
  id: serial().primaryKey(),
  notebookId: integer()
    .notNull()
    .references(() => notebooks.id, { onDelete: "cascade" }),
  text: text().notNull(),
});
