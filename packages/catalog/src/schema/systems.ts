import { type SQL, sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { teams } from "./people.ts";
import { tsvector } from "./types.ts";

export const lifecycle = pgEnum("lifecycle", ["experimental", "active", "deprecated", "retired"]);
export const contactKind = pgEnum("contact_kind", ["email", "chat", "pager"]);
export const linkKind = pgEnum("link_kind", ["repository", "dashboard", "docs"]);

export const systems = pgTable(
  "systems",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    description: text("description"),
    lifecycle: lifecycle("lifecycle").notNull().default("experimental"),
    tier: smallint("tier").notNull().default(3),
    ownerTeamId: integer("owner_team_id").references(() => teams.id, { onDelete: "set null" }),
    document: tsvector("document").generatedAlwaysAs(
      (): SQL => sql`to_tsvector('english', ${systems.name} || ' ' || coalesce(${systems.description}, ''))`,
    ),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("systems_name_lower_key").on(sql`lower(${t.name})`),
    index("systems_owner_team_id_idx").on(t.ownerTeamId),
    index("systems_name_trgm_idx").using("gin", sql`${t.name} gin_trgm_ops`),
    index("systems_document_idx").using("gin", t.document),
    check("systems_id_slug", sql`${t.id} ~ '^[a-z0-9]+(-[a-z0-9]+)*$'`),
    check("systems_name_not_blank", sql`btrim(${t.name}) <> ''`),
    check("systems_tier_range", sql`${t.tier} between 1 and 4`),
  ],
);

export const contacts = pgTable(
  "contacts",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedByDefaultAsIdentity(),
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    kind: contactKind("kind").notNull(),
    value: text("value").notNull(),
    isPrimary: boolean("is_primary").notNull().default(false),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    index("contacts_system_id_idx").on(t.systemId),
    uniqueIndex("contacts_one_primary_per_kind").on(t.systemId, t.kind).where(sql`${t.isPrimary}`),
  ],
);

export const links = pgTable(
  "links",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    kind: linkKind("kind").notNull(),
    title: text("title").notNull(),
    url: text("url").notNull(),
    position: smallint("position").notNull().default(0),
  },
  (t) => [
    index("links_system_id_position_idx").on(t.systemId, t.position),
    check("links_url_http", sql`${t.url} ~ '^https?://'`),
  ],
);

/** Former and colloquial names. A name may be an alias of one system only. */
export const systemAliases = pgTable(
  "system_aliases",
  {
    id: integer("id").primaryKey().generatedByDefaultAsIdentity(),
    systemId: text("system_id")
      .notNull()
      .references(() => systems.id, { onDelete: "cascade" }),
    alias: text("alias").notNull(),
  },
  (t) => [
    uniqueIndex("system_aliases_alias_lower_key").on(sql`lower(${t.alias})`),
    index("system_aliases_system_id_idx").on(t.systemId),
  ],
);
