/** The conformance suite's tables, made with the drizzle-orm that is under test, and their migrations. */
import type * as PgCore from "drizzle-orm/pg-core";

type Core = typeof PgCore;

const makeOwners = ({ pgTable, pgEnum, serial, text }: Core) => {
  const mood = pgEnum("mood", ["calm", "cross", 'it\'s "odd"']);
  return {
    mood,
    owners: pgTable("owners", { id: serial().primaryKey(), name: text().notNull().unique(), mood: mood() }),
  };
};

export type OwnerTables = ReturnType<typeof makeOwners>;

const makeCats = (core: Core, { mood, owners }: OwnerTables) => {
  const { pgTable, serial, text, integer, jsonb, date, timestamp, numeric, bigint, boolean, time } = core;
  return pgTable("cats", {
    id: serial().primaryKey(),
    name: text().notNull(),
    ownerId: integer("owner_id").references(() => owners.id),
    moods: mood().array(),
    tags: text().array(),
    grid: integer().array(),
    facts: jsonb().$type<unknown>(),
    born: date(),
    fedAt: timestamp("fed_at", { withTimezone: true }),
    seenAt: timestamp("seen_at", { mode: "string" }),
    napAt: time("nap_at"),
    weight: numeric(),
    steps: bigint({ mode: "bigint" }),
    tame: boolean(),
  });
};

export type Tables = OwnerTables & { readonly cats: ReturnType<typeof makeCats> };

export function makeTables(core: Core): Tables {
  const owners = makeOwners(core);
  return { ...owners, cats: makeCats(core, owners) };
}

export const MIGRATIONS: Readonly<Record<string, string>> = {
  "0000_owners": `
    CREATE TYPE "public"."mood" AS ENUM('calm', 'cross', 'it''s "odd"');--> statement-breakpoint
    CREATE TABLE "owners" ("id" serial PRIMARY KEY, "name" text NOT NULL, "mood" "mood", CONSTRAINT "owners_name_unique" UNIQUE("name"));--> statement-breakpoint
    INSERT INTO "owners" ("name", "mood") VALUES ('Ada', 'calm');`,
  "0001_cats": `
    CREATE TABLE "cats" ("id" serial PRIMARY KEY, "name" text NOT NULL, "owner_id" integer REFERENCES "public"."owners"("id"),
      "moods" "mood"[], "tags" text[], "grid" integer[], "facts" jsonb, "born" date, "fed_at" timestamp with time zone,
      "seen_at" timestamp, "nap_at" time, "weight" numeric, "steps" bigint, "tame" boolean);`,
};
