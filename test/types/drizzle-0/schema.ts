import { relations } from "drizzle-orm";
import { integer, pgEnum, pgTable, serial, text } from "drizzle-orm/pg-core";

export const mood = pgEnum("mood", ["calm", "cross"]);
export const owners = pgTable("owners", { id: serial().primaryKey(), name: text().notNull(), mood: mood() });
export const cats = pgTable("cats", {
  id: serial().primaryKey(),
  name: text().notNull(),
  ownerId: integer("owner_id").references(() => owners.id),
});
export const ownersRelations = relations(owners, ({ many }) => ({ cats: many(cats) }));
export const catsRelations = relations(cats, ({ one }) => ({
  owner: one(owners, { fields: [cats.ownerId], references: [owners.id] }),
}));
