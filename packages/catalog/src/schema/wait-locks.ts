import { bigint, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { systems } from "./systems.ts";

/** A deployment that waits. Whoever deletes the row starts the deployment: a row is deleted once. */
export const waitLocks = pgTable(
  "wait_locks",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    version: text("version").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("wait_locks_system_id_idx").on(t.systemId)],
);

/** What a deployment waits for: a change, a ticket, another deployment. */
export const waitLockRefs = pgTable(
  "wait_lock_refs",
  {
    waitLockId: bigint("wait_lock_id", { mode: "number" })
      .notNull()
      .references(() => waitLocks.id, { onDelete: "cascade" }),
    ref: text("ref").notNull(),
  },
  (t) => [primaryKey({ columns: [t.waitLockId, t.ref] }), index("wait_lock_refs_ref_idx").on(t.ref)],
);
