import { bigint, index, jsonb, pgEnum, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { lifecycle } from "./systems.ts";

export const auditAction = pgEnum("audit_action", ["insert", "update", "delete"]);

/** Written by the trigger function `record_change()`, never by the service. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    tableName: text("table_name").notNull(),
    rowId: text("row_id").notNull(),
    action: auditAction("action").notNull(),
    before: jsonb("before").$type<Record<string, unknown>>(),
    after: jsonb("after").$type<Record<string, unknown>>(),
    changedAt: timestamp("changed_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("audit_log_row_idx").on(t.tableName, t.rowId, t.id)],
);

/** Which lifecycle may follow which: migration 0004 brings the rows, a trigger on `systems` asks them. */
export const lifecycleTransitions = pgTable(
  "lifecycle_transitions",
  {
    fromLifecycle: lifecycle("from_lifecycle").notNull(),
    toLifecycle: lifecycle("to_lifecycle").notNull(),
  },
  (t) => [primaryKey({ columns: [t.fromLifecycle, t.toLifecycle] })],
);
