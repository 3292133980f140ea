-- tables whose rows a later migration puts in: generated, identity and deferred columns, tables that refer to each other
CREATE TYPE "level" AS ENUM ('low', 'it''s high', 'public');--> statement-breakpoint
CREATE TABLE "countries" ("code" char(2) PRIMARY KEY, "name" text NOT NULL, "capital" integer);--> statement-breakpoint
CREATE TABLE "cities" ("id" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "country" char(2) NOT NULL REFERENCES "countries" ("code"), "twin" integer REFERENCES "cities" ("id"));--> statement-breakpoint
ALTER TABLE "countries" ADD CONSTRAINT "capital" FOREIGN KEY ("capital") REFERENCES "public"."cities" ("id");--> statement-breakpoint
CREATE TABLE "values" (
  "id" serial PRIMARY KEY, "text" text, "twice" text GENERATED ALWAYS AS ("text" || "text") STORED, "bytes" bytea, "json" json, "jsonb" jsonb, "texts" text[], "numbers" numeric[],
  "float" double precision, "real" real, "numeric" numeric, "at" timestamptz, "naive" timestamp, "date" date, "time" timetz, "interval" interval,
  "level" "level", "levels" "level"[], "bit" bit(3), "bits" varbit, "uuid" uuid, "inet" inet, "mac" macaddr8, "xml" text, "point" point, "path" path, "range" tstzrange, "ranges" int4multirange,
  "search" tsvector, "money" money, "char" "char", "bool" boolean, "big" bigint, "name" name, "jsonpath" jsonpath, "lsn" pg_lsn
);--> statement-breakpoint
CREATE FUNCTION "no_more"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more countries'; END $$;--> statement-breakpoint
CREATE TABLE "secrets" ("id" serial PRIMARY KEY, "owner" text);--> statement-breakpoint
CREATE TABLE "nothing" ();--> statement-breakpoint
CREATE TABLE "only_made" ("a" integer GENERATED ALWAYS AS IDENTITY, "b" integer GENERATED ALWAYS AS (1) STORED);
