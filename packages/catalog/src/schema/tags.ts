import { index, integer, pgTable, primaryKey, serial, text, timestamp } from "drizzle-orm/pg-core";
import { systems } from "./systems.ts";
import { citext } from "./types.ts";

export const tags = pgTable("tags", {
  id: serial("id").primaryKey(),
  name: citext("name").notNull().unique(),
});

export const systemTags = pgTable(
  "system_tags",
  {
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    tagId: integer("tag_id")
      .notNull()
      .references(() => tags.id, { onDelete: "cascade" }),
    taggedAt: timestamp("tagged_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.systemId, t.tagId] }), index("system_tags_tag_id_idx").on(t.tagId)],
);
