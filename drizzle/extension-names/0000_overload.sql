-- functions and types of the project's are called like an extension's: in a dump both are "public"."similarity"
CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS hstore;--> statement-breakpoint
CREATE TABLE "documents" ("id" serial PRIMARY KEY, "title" text NOT NULL, "pages" integer NOT NULL);--> statement-breakpoint
CREATE FUNCTION "similarity"("a" integer, "b" integer) RETURNS real LANGUAGE sql IMMUTABLE AS $$ SELECT 1.0 / (1 + abs(a - b)) $$;--> statement-breakpoint
CREATE VIEW "alike" AS SELECT "id", similarity("title", 'title') AS "by_title", similarity("pages", 10) AS "by_pages" FROM "documents";--> statement-breakpoint
INSERT INTO "documents" ("title", "pages") VALUES ('title', 10);
