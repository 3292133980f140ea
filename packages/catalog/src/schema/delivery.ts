import { bigserial, index, pgTable, smallint, text, timestamp, unique } from "drizzle-orm/pg-core";
import { systems } from "./systems.ts";

/** Reference data: migration 0004 brings the rows. */
export const environments = pgTable("environments", {
  id: text("id").primaryKey(),
  title: text("title").notNull(),
  rank: smallint("rank").notNull().unique(),
});

export const deployments = pgTable(
  "deployments",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    environmentId: text("environment_id")
      .notNull()
      .references(() => environments.id, { onDelete: "restrict" }),
    version: text("version").notNull(),
    deployedAt: timestamp("deployed_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    unique("deployments_once").on(t.systemId, t.environmentId, t.deployedAt),
    index("deployments_latest_idx").on(t.systemId, t.environmentId, t.deployedAt.desc()),
  ],
);
