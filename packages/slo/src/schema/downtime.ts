import { type SQL, sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  serial,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { objectives } from "./objectives.ts";
import { providers, services, teams } from "./services.ts";
import { tstzrange } from "./types.ts";

export const attributionKind = pgEnum("attribution_kind", ["internal", "upstream", "maintenance"]);

/** Reference data: migration 0003 brings the rows. */
export const severities = pgTable("severities", {
  id: text("id").primaryKey(),
  rank: smallint("rank").notNull().unique(),
  description: text("description").notNull(),
});

export const downtimeEvents = pgTable(
  "downtime_events",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity({ name: "outages_id_seq" }),
    objectiveId: uuid("objective_id")
      .notNull()
      .references(() => objectives.id, { onDelete: "cascade" }),
    severityId: text("severity_id")
      .notNull()
      .default("major")
      .references(() => severities.id, { onDelete: "restrict", onUpdate: "cascade" }),
    startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
    /** Null while the event is open. */
    endedAt: timestamp("ended_at", { withTimezone: true }),
    period: tstzrange("period").generatedAlwaysAs(
      (): SQL => sql`tstzrange(${downtimeEvents.startedAt}, ${downtimeEvents.endedAt})`,
    ),
    summary: text("summary"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    index("downtime_events_open_idx").on(t.objectiveId, t.startedAt).where(sql`${t.endedAt} is null`),
    index("downtime_events_period_idx").using("gist", t.objectiveId, t.period),
    check("downtime_events_in_order", sql`${t.endedAt} >= ${t.startedAt}`),
  ],
);

/** Who or what an event is put down to. Taken back rather than deleted, so that reports stay explicable. */
export const attributions = pgTable(
  "attributions",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    eventId: bigint("event_id", { mode: "number" })
      .notNull()
      .references(() => downtimeEvents.id, { onDelete: "cascade" }),
    kind: attributionKind("kind").notNull(),
    teamId: integer("team_id").references(() => teams.id, { onDelete: "set null" }),
    providerId: integer("provider_id").references(() => providers.id, { onDelete: "set null" }),
    madeAt: timestamp("made_at", { withTimezone: true }).notNull().defaultNow(),
    retractedAt: timestamp("retracted_at", { withTimezone: true }),
  },
  (t) => [
    index("attributions_event_id_idx").on(t.eventId),
    uniqueIndex("attributions_standing_team_key").on(t.eventId, t.teamId).where(sql`${t.retractedAt} is null`),
    uniqueIndex("attributions_standing_provider_key").on(t.eventId, t.providerId).where(sql`${t.retractedAt} is null`),
    check("attributions_team_is_internal", sql`${t.teamId} is null or ${t.kind} = 'internal'`),
    check("attributions_provider_is_upstream", sql`${t.providerId} is null or ${t.kind} = 'upstream'`),
  ],
);

export const eventNotes = pgTable(
  "event_notes",
  {
    id: serial("id").primaryKey(),
    eventId: bigint("event_id", { mode: "number" })
      .notNull()
      .references(() => downtimeEvents.id, { onDelete: "cascade" }),
    author: text("author").notNull(),
    body: text("body").notNull(),
    writtenAt: timestamp("written_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("event_notes_event_id_idx").on(t.eventId, t.writtenAt)],
);

/** Announced in advance. Two of one service never overlap: an exclusion constraint of migration 0003 keeps it. */
export const maintenanceWindows = pgTable(
  "maintenance_windows",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    serviceId: integer("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "cascade" }),
    period: tstzrange("period").notNull(),
    reason: text("reason"),
  },
  (t) => [check("maintenance_windows_period_bounded", sql`not isempty(${t.period}) and not upper_inf(${t.period})`)],
);
