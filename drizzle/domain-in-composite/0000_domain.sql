-- a check that prints differently once read back, on a domain that cannot be altered since a table has it in a composite type
CREATE DOMAIN "tone" AS varchar(9) CHECK (VALUE IN ('warm', 'cold'));--> statement-breakpoint
CREATE TYPE "paint" AS ("tone" "tone", "tones" "tone"[]);--> statement-breakpoint
CREATE TABLE "walls" ("id" serial PRIMARY KEY, "paint" "paint");--> statement-breakpoint
INSERT INTO "walls" ("paint") VALUES (ROW('warm', '{cold}')::"paint");
