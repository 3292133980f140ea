import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  pgView,
  serial,
  text,
  timestamp,
} from "drizzle-orm/pg-core";

export const level = pgEnum("level", ["primary", "secondary"]);

export const engineers = pgTable("engineers", {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  handle: text().notNull().unique(),
  timezone: text().notNull().default("UTC"),
  skills: text().array().notNull().default(sql`'{}'::text[]`),
  reach: jsonb().$type<{ phone?: string; chat?: string }>().notNull().default({}),
});

export const rotations = pgTable("rotations", {
  id: serial().primaryKey(),
  name: text().notNull().unique(),
  // whoever is asked when nobody has a shift
  fallbackId: integer("fallback_id").references(() => engineers.id, { onDelete: "set null" }),
});

export const shifts = pgTable(
  "shifts",
  {
    id: serial().primaryKey(),
    rotationId: integer("rotation_id").notNull(),
    engineerId: integer("engineer_id")
      .notNull()
      .references(() => engineers.id),
    level: level().notNull().default("primary"),
    startsAt: timestamp("starts_at", { withTimezone: true }).notNull(),
    endsAt: timestamp("ends_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({ columns: [table.rotationId], foreignColumns: [rotations.id] }).onDelete("cascade"),
    check("shifts_end_after_start", sql`${table.endsAt} > ${table.startsAt}`),
    index("shifts_by_time").on(table.rotationId, table.startsAt.desc()),
  ],
);

/** How many hours everybody has carried the pager. */
export const load = pgView("load").as((qb) =>
  qb
    .select({
      engineerId: engineers.id,
      hours: sql<number>`coalesce(sum(extract(epoch from ${shifts.endsAt} - ${shifts.startsAt}) / 3600), 0)::int`.as(
        "hours",
      ),
    })
    .from(engineers)
    .leftJoin(shifts, sql`${shifts.engineerId} = ${engineers.id}`)
    .groupBy(engineers.id),
);
