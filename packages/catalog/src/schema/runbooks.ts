import { type SQL, sql } from "drizzle-orm";
import { bigint, index, integer, pgSequence, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { people } from "./people.ts";
import { systems } from "./systems.ts";

/** Runbook numbers go round in talk ("do RB-104"), so they start where nobody mistakes them for a list. */
export const runbookNumber = pgSequence("runbook_number", { startWith: 100, increment: 1, maxValue: 99999 });

export const runbooks = pgTable(
  "runbooks",
  {
    number: bigint("number", { mode: "number" }).primaryKey().default(sql`nextval('runbook_number')`),
    code: text("code").generatedAlwaysAs((): SQL => sql`'RB-' || ${runbooks.number}::text`),
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    body: text("body").notNull().default(""),
    reviewedBy: integer("reviewed_by").references(() => people.id, { onDelete: "set null" }),
    reviewedAt: timestamp("reviewed_at", { withTimezone: true }),
    /** Counts revisions: who revises says which one was read, so that nobody writes over what was never seen. */
    version: integer("version").notNull().default(1),
  },
  (t) => [
    uniqueIndex("runbooks_code_key").on(t.code),
    uniqueIndex("runbooks_system_id_title_lower_key").on(t.systemId, sql`lower(${t.title})`),
    index("runbooks_system_id_number_idx").on(t.systemId, t.number),
    index("runbooks_unreviewed_idx").on(t.systemId).where(sql`${t.reviewedAt} is null`),
  ],
);
