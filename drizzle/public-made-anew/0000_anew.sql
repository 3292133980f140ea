-- public is dropped with all that was in it, and made again: it is empty, has another owner, and nobody may look into it
CREATE TABLE "before" ("id" serial PRIMARY KEY);--> statement-breakpoint
DROP SCHEMA public CASCADE;--> statement-breakpoint
CREATE SCHEMA public;--> statement-breakpoint
CREATE TABLE "after" ("id" serial PRIMARY KEY, "text" text DEFAULT 'public');--> statement-breakpoint
INSERT INTO "after" DEFAULT VALUES;
