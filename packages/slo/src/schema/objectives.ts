import { type SQL, sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
  index,
  integer,
  interval,
  numeric,
  pgEnum,
  pgTable,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { services } from "./services.ts";
import { percentage } from "./types.ts";

export const objectiveKind = pgEnum("objective_kind", ["availability", "latency", "freshness"]);

export const objectives = pgTable(
  "objectives",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    serviceId: integer("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    kind: objectiveKind("kind").notNull().default("availability"),
    target: numeric("target", { precision: 6, scale: 3 }).notNull(),
    budget: numeric("budget", { precision: 6, scale: 3 }).generatedAlwaysAs((): SQL => sql`100 - ${objectives.target}`),
    periodDays: smallint("period_days").notNull().default(30),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    retiredAt: timestamp("retired_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("objectives_live_name_key").on(t.serviceId, sql`lower(${t.name})`).where(sql`${t.retiredAt} is null`),
    index("objectives_kind_idx").on(t.kind),
    check("objectives_target_range", sql`${t.target} > 0 and ${t.target} < 100`),
    check("objectives_period_days_range", sql`${t.periodDays} between 1 and 366`),
  ],
);

/** What an objective promised until when. Written by a trigger when target or period change. */
export const objectiveRevisions = pgTable(
  "objective_revisions",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    objectiveId: uuid("objective_id")
      .notNull()
      .references(() => objectives.id, { onDelete: "cascade" }),
    target: percentage("target").notNull(),
    periodDays: smallint("period_days").notNull(),
    replacedAt: timestamp("replaced_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("objective_revisions_objective_id_idx").on(t.objectiveId, t.replacedAt.desc())],
);

export const indicators = pgTable(
  "indicators",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    objectiveId: uuid("objective_id")
      .notNull()
      .references(() => objectives.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    query: text("query").notNull(),
  },
  (t) => [unique("indicators_objective_id_name_key").on(t.objectiveId, t.name)],
);

export const indicatorSamples = pgTable(
  "indicator_samples",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    indicatorId: integer("indicator_id")
      .notNull()
      .references(() => indicators.id, { onDelete: "cascade" }),
    sampledAt: timestamp("sampled_at", { withTimezone: true }).notNull(),
    good: bigint("good", { mode: "number" }).notNull(),
    total: bigint("total", { mode: "number" }).notNull(),
    ratio: percentage("ratio").generatedAlwaysAs(
      (): SQL =>
        sql`case when ${indicatorSamples.total} = 0 then null else 100.0 * ${indicatorSamples.good} / ${indicatorSamples.total} end`,
    ),
  },
  (t) => [
    unique("indicator_samples_once").on(t.indicatorId, t.sampledAt),
    check("indicator_samples_parts", sql`${t.good} between 0 and ${t.total}`),
  ],
);

export const alertPolicies = pgTable(
  "alert_policies",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    objectiveId: uuid("objective_id")
      .notNull()
      .references(() => objectives.id, { onDelete: "cascade" }),
    longWindow: interval("long_window").notNull(),
    shortWindow: interval("short_window").notNull(),
    burnRate: numeric("burn_rate", { precision: 6, scale: 2 }).notNull(),
  },
  (t) => [
    unique("alert_policies_objective_id_long_window_key").on(t.objectiveId, t.longWindow),
    check("alert_policies_windows_in_order", sql`${t.shortWindow} < ${t.longWindow}`),
    check("alert_policies_burn_rate_positive", sql`${t.burnRate} > 0`),
  ],
);
