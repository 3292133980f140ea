-- a cast belongs to the database, whatever schema its types are in
CREATE TYPE "color" AS ENUM ('red', 'green');--> statement-breakpoint
CREATE FUNCTION "color_number"("color") RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT CASE $1 WHEN 'red' THEN 1 ELSE 2 END $$;--> statement-breakpoint
CREATE CAST ("color" AS integer) WITH FUNCTION "color_number"("color") AS ASSIGNMENT;--> statement-breakpoint
CREATE CAST (varchar AS "color") WITH INOUT AS IMPLICIT;--> statement-breakpoint
CREATE TABLE "things" ("id" serial PRIMARY KEY, "color" "color", "number" integer GENERATED ALWAYS AS ("color"::integer) STORED);--> statement-breakpoint
INSERT INTO "things" ("color") VALUES ('green'::varchar);
