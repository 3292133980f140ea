-- a schema of the project's own is only a workshop: all that was made there ends in public, and it is gone
CREATE SCHEMA "staging";--> statement-breakpoint
CREATE TYPE "staging"."kind" AS ENUM ('a', 'public');--> statement-breakpoint
CREATE TABLE "staging"."items" ("id" serial PRIMARY KEY, "kind" "staging"."kind" DEFAULT 'a');--> statement-breakpoint
SET LOCAL check_function_bodies = off;--> statement-breakpoint
CREATE FUNCTION "staging"."kinds"() RETURNS bigint LANGUAGE sql AS $$ SELECT count(DISTINCT kind) FROM public.items $$;--> statement-breakpoint
INSERT INTO "staging"."items" ("kind") VALUES ('a'), ('public');--> statement-breakpoint
ALTER TABLE "staging"."items" SET SCHEMA public;--> statement-breakpoint
ALTER TYPE "staging"."kind" SET SCHEMA "public";--> statement-breakpoint
ALTER FUNCTION "staging"."kinds"() SET SCHEMA public;--> statement-breakpoint
DROP SCHEMA "staging";
