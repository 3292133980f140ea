-- what functions name is text to Postgres: no dependency is recorded, so only reading it finds a public. that is left behind
CREATE TYPE "mood" AS ENUM ('calm', 'cross');--> statement-breakpoint
CREATE TABLE "users" ("id" serial PRIMARY KEY, "name" text NOT NULL DEFAULT 'public', "mood" "mood" NOT NULL DEFAULT 'calm', "friends" integer DEFAULT 0);--> statement-breakpoint
CREATE TABLE "log" ("id" bigserial PRIMARY KEY, "what" text);--> statement-breakpoint
INSERT INTO "users" ("name") VALUES ('Ada'), ('Bob');
