import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from "drizzle-orm/pg-core";
import { systems } from "./systems.ts";

export const dependencyKind = pgEnum("dependency_kind", ["runtime", "build"]);
export const protocol = pgEnum("protocol", ["http", "grpc", "events"]);

export const interfaces = pgTable(
  "interfaces",
  {
    id: bigint("id", { mode: "number" })
      .primaryKey()
      .generatedAlwaysAsIdentity({ name: "endpoints_id_seq", startWith: 1000 }),
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    protocol: protocol("protocol").notNull(),
  },
  (t) => [unique("interfaces_system_id_name_key").on(t.systemId, t.name)],
);

export const dependencies = pgTable(
  "dependencies",
  {
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    dependsOnId: text("depends_on_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    interfaceId: bigint("interface_id", { mode: "number" }).references(() => interfaces.id, { onDelete: "set null" }),
    kind: dependencyKind("kind").notNull().default("runtime"),
    isCritical: boolean("is_critical").notNull().default(true),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.systemId, t.dependsOnId, t.kind] }),
    index("dependencies_depends_on_id_idx").on(t.dependsOnId),
    index("dependencies_interface_id_idx").on(t.interfaceId),
    check("dependencies_not_self", sql`${t.systemId} <> ${t.dependsOnId}`),
  ],
);
