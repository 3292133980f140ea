import { type SQL, sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  integer,
  pgEnum,
  pgSequence,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { downtimeEvents } from "./downtime.ts";
import { alertPolicies } from "./objectives.ts";

export const incidentStatus = pgEnum("incident_status", ["investigating", "mitigated", "resolved"]);
export const channelKind = pgEnum("channel_kind", ["email", "chat", "pager"]);

export const incidentNumber = pgSequence("incident_number", { startWith: 1000, increment: 1 });

export const incidents = pgTable(
  "incidents",
  {
    number: bigint("number", { mode: "number" }).primaryKey().default(sql`nextval('incident_number')`),
    code: text("code").generatedAlwaysAs((): SQL => sql`'INC-' || lpad(${incidents.number}::text, 6, '0')`),
    title: text("title").notNull(),
    status: incidentStatus("status").notNull().default("investigating"),
    openedAt: timestamp("opened_at", { withTimezone: true }).notNull().defaultNow(),
    resolvedAt: timestamp("resolved_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("incidents_code_key").on(t.code),
    check("incidents_resolved_has_time", sql`(${t.status} = 'resolved') = (${t.resolvedAt} is not null)`),
  ],
);

export const incidentEvents = pgTable(
  "incident_events",
  {
    incidentNumber: bigint("incident_number", { mode: "number" })
      .notNull()
      .references(() => incidents.number, { onDelete: "cascade" }),
    eventId: bigint("event_id", { mode: "number" })
      .notNull()
      .unique()
      .references(() => downtimeEvents.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.incidentNumber, t.eventId] })],
);

export const channels = pgTable(
  "channels",
  {
    id: serial("id").primaryKey(),
    kind: channelKind("kind").notNull(),
    address: text("address").notNull(),
    isDefault: boolean("is_default").notNull().default(false),
  },
  (t) => [
    uniqueIndex("channels_kind_address_key").on(t.kind, sql`lower(${t.address})`),
    uniqueIndex("channels_one_default_per_kind").on(t.kind).where(sql`${t.isDefault}`),
  ],
);

export const policyChannels = pgTable(
  "policy_channels",
  {
    policyId: integer("policy_id")
      .notNull()
      .references(() => alertPolicies.id, { onDelete: "cascade" }),
    channelId: integer("channel_id")
      .notNull()
      .references(() => channels.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.policyId, t.channelId] })],
);
