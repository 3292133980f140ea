-- the same tables, changed so often that nothing is where it was made
ALTER TABLE "clients" DROP COLUMN "old";--> statement-breakpoint
ALTER TABLE "clients" RENAME TO "people";--> statement-breakpoint
ALTER TABLE "people" RENAME COLUMN "name" TO "full_name";--> statement-breakpoint
ALTER TABLE "people" ALTER COLUMN "age" TYPE smallint USING "age"::smallint;--> statement-breakpoint
CREATE TYPE "kind" AS ENUM ('new', 'old');--> statement-breakpoint
ALTER TABLE "people" ALTER COLUMN "kind" DROP DEFAULT, ALTER COLUMN "kind" TYPE "public"."kind" USING "kind"::"public"."kind", ALTER COLUMN "kind" SET DEFAULT 'old';--> statement-breakpoint
ALTER TABLE "people" DROP COLUMN "last", ADD COLUMN "last" text NOT NULL DEFAULT 'public', ALTER COLUMN "note" TYPE text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "uuid" uuid DEFAULT gen_random_uuid();--> statement-breakpoint
ALTER TABLE "people" DROP COLUMN "uuid";--> statement-breakpoint
ALTER TABLE "visits" DROP COLUMN "gone";--> statement-breakpoint
ALTER TABLE "visits" RENAME COLUMN "client_id" TO "person_id";--> statement-breakpoint
ALTER SEQUENCE "visits_id_seq" RENAME TO "old visits";--> statement-breakpoint
ALTER TABLE "visits" RENAME TO "old visits table";--> statement-breakpoint
CREATE TABLE "visits" (LIKE "old visits table" INCLUDING ALL, "at" date DEFAULT '2026-01-01');--> statement-breakpoint
ALTER TABLE "visits" ALTER COLUMN "id" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "visits" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY (START WITH 3);--> statement-breakpoint
INSERT INTO "visits" ("person_id") SELECT "person_id" FROM "old visits table";--> statement-breakpoint
CREATE FUNCTION "oldest"() RETURNS "people" LANGUAGE sql AS $$ SELECT * FROM public.people ORDER BY age DESC LIMIT 1 $$;--> statement-breakpoint
CREATE VIEW "names" AS SELECT * FROM "people";--> statement-breakpoint
ALTER TABLE "people" RENAME COLUMN "age" TO "years";--> statement-breakpoint
CREATE OR REPLACE FUNCTION "oldest"() RETURNS "people" LANGUAGE sql AS $$ SELECT * FROM public.people ORDER BY years DESC LIMIT 1 $$;--> statement-breakpoint
DROP TABLE "old visits table";
