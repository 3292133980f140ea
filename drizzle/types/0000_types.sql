-- domains over domains, types in types, enums whose labels were added in between and renamed, and tables as types
CREATE DOMAIN "positive" AS integer DEFAULT 1 CONSTRAINT "above" CHECK (VALUE > 0);--> statement-breakpoint
CREATE DOMAIN "public"."small" AS "positive" NOT NULL CHECK (VALUE < 10);--> statement-breakpoint
CREATE DOMAIN "tone" AS varchar(9) COLLATE "C" CHECK (VALUE IN ('warm', 'cold', 'public'));--> statement-breakpoint
CREATE DOMAIN "smalls" AS "small"[] CHECK (cardinality(VALUE) < 4);--> statement-breakpoint
CREATE TYPE "size" AS ENUM ('s', 'l');--> statement-breakpoint
ALTER TYPE "size" ADD VALUE 'm' BEFORE 'l';--> statement-breakpoint
ALTER TYPE "public"."size" ADD VALUE IF NOT EXISTS 'xs' BEFORE 's';--> statement-breakpoint
ALTER TYPE "size" RENAME VALUE 'l' TO 'public';--> statement-breakpoint
CREATE TYPE "empty" AS ENUM ();--> statement-breakpoint
CREATE TYPE "nothing" AS ();--> statement-breakpoint
CREATE TYPE "box_of" AS ("size" "size", "name" text COLLATE "C");--> statement-breakpoint
CREATE TYPE "boxes" AS ("first" "box_of", "rest" "public"."box_of"[], "gone" integer);--> statement-breakpoint
ALTER TYPE "boxes" DROP ATTRIBUTE "gone", ADD ATTRIBUTE "count" "small", ALTER ATTRIBUTE "rest" SET DATA TYPE "box_of"[];--> statement-breakpoint
ALTER TYPE "boxes" RENAME ATTRIBUTE "first" TO "public";--> statement-breakpoint
CREATE DOMAIN "full_box" AS "box_of" CHECK ((VALUE)."size" IS NOT NULL);--> statement-breakpoint
CREATE TABLE "shelf" ("id" serial PRIMARY KEY, "small" "small" DEFAULT 2, "smalls" "smalls", "boxes" "boxes", "box" "full_box", "sizes" "size"[] DEFAULT '{s,public}');--> statement-breakpoint
CREATE TABLE "walls" ("tone" "tone" DEFAULT 'public');--> statement-breakpoint
CREATE TABLE "history" ("id" serial PRIMARY KEY, "was" "shelf", "all" "shelf"[]);--> statement-breakpoint
CREATE TABLE "typed" OF "box_of" ("name" WITH OPTIONS DEFAULT 'public', PRIMARY KEY ("name"));--> statement-breakpoint
COMMENT ON TYPE "size" IS 'public.size';--> statement-breakpoint
COMMENT ON COLUMN "boxes"."public" IS 'the first';--> statement-breakpoint
COMMENT ON CONSTRAINT "above" ON DOMAIN "positive" IS 'more than none';--> statement-breakpoint
INSERT INTO "shelf" ("smalls", "boxes", "box") VALUES ('{1,2}', ROW(ROW('s', 'a'), '{}', 3)::"boxes", ROW('s', 'public.shelf')::"box_of");--> statement-breakpoint
INSERT INTO "history" ("was", "all") SELECT s, ARRAY[s] FROM "shelf" s;--> statement-breakpoint
INSERT INTO "typed" ("size") VALUES ('s');
