-- a range brings a multirange, functions and a cast, none of which the migration names
CREATE FUNCTION "time_diff"("a" time, "b" time) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT EXTRACT(EPOCH FROM (a - b)) $$;--> statement-breakpoint
CREATE TYPE "public"."hours" AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = "time_diff", MULTIRANGE_TYPE_NAME = "many_hours");--> statement-breakpoint
CREATE TYPE "words" AS RANGE (SUBTYPE = text, COLLATION = "C");--> statement-breakpoint
CREATE TABLE "shifts" (
  "id" serial PRIMARY KEY,
  "open" "hours" NOT NULL DEFAULT "hours"('08:00', '12:00'),
  "closed" "many_hours" DEFAULT '{[00:00,08:00)}'::"many_hours",
  "words" "words" CHECK ("words" <> 'empty'::"words"),
  EXCLUDE USING gist ("open" WITH &&)
);--> statement-breakpoint
INSERT INTO "shifts" ("words") VALUES ('[a,public]');
