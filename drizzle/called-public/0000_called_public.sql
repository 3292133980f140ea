-- a table, a column, a type, a function, a role-like word and aliases are all called public, so "public". is not always a schema
CREATE TYPE "public" AS ENUM ('public', 'private');--> statement-breakpoint
CREATE TABLE "visibility" ("id" serial PRIMARY KEY, "public" boolean NOT NULL DEFAULT true, "scope" "public" NOT NULL DEFAULT 'public');--> statement-breakpoint
CREATE TABLE "posts" ("id" serial PRIMARY KEY, "visibility" integer REFERENCES "visibility" ("id"), "public" text DEFAULT 'public');--> statement-breakpoint
CREATE FUNCTION "public"("public" boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN "public" THEN 'public' ELSE 'private' END $$;--> statement-breakpoint
CREATE TABLE "names" ("id" serial PRIMARY KEY, "public" "visibility");--> statement-breakpoint
CREATE VIEW "fields" AS SELECT ("public")."id", ("public")."scope" FROM "names";--> statement-breakpoint
CREATE VIEW "aliased" AS
  SELECT public.id, public("other"."public" = 'public') AS word, other.id AS other_id
  FROM public.visibility AS public JOIN public.posts AS other ON other.visibility = public.id;--> statement-breakpoint
CREATE FUNCTION "in_body"() RETURNS integer LANGUAGE sql AS $$ SELECT count(*)::integer FROM public.visibility AS visible WHERE visible.public $$;--> statement-breakpoint
CREATE INDEX "public_idx" ON "visibility" ("public") WHERE "public";--> statement-breakpoint
CREATE POLICY "public" ON "posts" FOR SELECT TO PUBLIC USING ("public" = 'public');--> statement-breakpoint
ALTER TABLE "posts" ADD CONSTRAINT "public" CHECK ("public" <> 'not public.posts');--> statement-breakpoint
COMMENT ON COLUMN "posts"."public" IS 'public';--> statement-breakpoint
INSERT INTO "visibility" ("public") VALUES (true), (false);--> statement-breakpoint
INSERT INTO "posts" ("visibility") VALUES (1);--> statement-breakpoint
INSERT INTO "names" ("public") SELECT v FROM "visibility" v;
