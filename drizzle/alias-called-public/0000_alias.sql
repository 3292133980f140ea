-- an alias public with a column called like a table: "public"."notes" is a column in one place and a table in the next
CREATE TABLE "notes" ("id" serial PRIMARY KEY, "notes" text NOT NULL DEFAULT 'none');--> statement-breakpoint
CREATE VIEW "texts" AS SELECT public.notes, other.id FROM notes AS public JOIN notes AS other ON other.id = public.id;--> statement-breakpoint
INSERT INTO "notes" ("notes") VALUES ('first');
