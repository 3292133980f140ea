import { index, integer, pgTable, serial, text, timestamp } from "drizzle-orm/pg-core";
import { citext } from "./types.ts";

export const teams = pgTable("teams", {
  id: integer("id").primaryKey().generatedByDefaultAsIdentity(),
  name: text("name").notNull().unique(),
});

/** Whoever we depend on and don't run ourselves. */
export const providers = pgTable("providers", {
  id: integer("id").primaryKey().generatedByDefaultAsIdentity(),
  name: citext("name").notNull().unique(),
  statusUrl: text("status_url"),
});

export const services = pgTable(
  "services",
  {
    id: serial("id").primaryKey(),
    name: text("name").notNull().unique(),
    teamId: integer("team_id").references(() => teams.id, { onDelete: "set null" }),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("services_team_id_idx").on(t.teamId)],
);
