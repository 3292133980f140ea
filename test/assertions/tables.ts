/** Tables with every kind of constraint, made with the drizzle-orm that is under test, and their migration. */
import type * as PgCore from "drizzle-orm/pg-core";

export type Assertions = typeof import("../../src/assertions.ts");

const makeRooms = ({ pgTable, serial, text, integer, date }: typeof PgCore) => {
  const rooms = pgTable("rooms", {
    id: serial().primaryKey(),
    name: text().notNull().unique(),
    floor: integer().notNull(),
    wing: text("wingName"),
  });
  const bookings = pgTable("bookings", {
    id: serial().primaryKey(),
    roomId: integer("room_id")
      .notNull()
      .references(() => rooms.id),
    guests: integer().notNull(),
  });
  const logs = pgTable("logs", { id: integer().notNull(), at: date().notNull() });
  return { rooms, bookings, logs };
};

export type Rooms = ReturnType<typeof makeRooms>;
export const makeTables = (core: typeof PgCore): Rooms => makeRooms(core);

export const MIGRATIONS: Readonly<Record<string, string>> = {
  "0000_rooms": `
    CREATE TYPE "public"."state" AS ENUM('free', 'it''s "odd"');--> statement-breakpoint
    CREATE DOMAIN "even" AS integer DEFAULT 2 CONSTRAINT "even_is_even" CHECK (VALUE % 2 = 0);--> statement-breakpoint
    CREATE TABLE "rooms" ("id" serial PRIMARY KEY, "name" text NOT NULL, "floor" integer NOT NULL, "wingName" text DEFAULT 'main',
      "state" "state" DEFAULT 'free' NOT NULL, "seats" "even",
      CONSTRAINT "rooms_name_unique" UNIQUE("name"), CONSTRAINT "rooms_place_unique" UNIQUE("floor", "wingName"));--> statement-breakpoint
    CREATE UNIQUE INDEX "rooms_name_lower" ON "rooms" (lower("name")) WHERE "state" = 'free';--> statement-breakpoint
    CREATE TABLE "bookings" ("id" serial PRIMARY KEY, "room_id" integer NOT NULL, "guests" integer NOT NULL, "during" int4range,
      CONSTRAINT "bookings_room_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE restrict ON UPDATE cascade,
      CONSTRAINT "bookings_guests_check" CHECK ("guests" > 0),
      CONSTRAINT "bookings_apart" EXCLUDE USING gist ("during" WITH &&));`,
};

/** For tests of partitions alone, beside the others. */
export const PARTITIONED = `
  CREATE TABLE "logs" ("id" integer NOT NULL, "at" date NOT NULL, PRIMARY KEY ("id", "at")) PARTITION BY RANGE ("at");--> statement-breakpoint
  CREATE TABLE "logs_24" PARTITION OF "logs" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');`;
