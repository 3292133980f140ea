-- a check asks another table by way of a function: a dump cannot know, and puts the rows in before those that the check asks for
CREATE TABLE "zones" ("name" text PRIMARY KEY);--> statement-breakpoint
CREATE FUNCTION "zone_exists"(text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.zones z WHERE z.name = $1); END $$;--> statement-breakpoint
CREATE TABLE "addresses" ("id" serial PRIMARY KEY, "zone" text CHECK ("zone_exists"("zone")));--> statement-breakpoint
INSERT INTO "zones" VALUES ('public');--> statement-breakpoint
INSERT INTO "addresses" ("zone") VALUES ('public');
