-- and then sets the path that the rest needs, for a transaction and for a function made from it
SET search_path TO public;--> statement-breakpoint
SET LOCAL search_path = "public", pg_catalog;--> statement-breakpoint
CREATE TABLE "unqualified" ("id" integer PRIMARY KEY, "at" date DEFAULT '03.04.2026');--> statement-breakpoint
CREATE FUNCTION "from_current"() RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT SET DateStyle FROM CURRENT AS $$ BEGIN RETURN (SELECT min(naive)::text || count(*) FROM later); END $$;--> statement-breakpoint
INSERT INTO "unqualified" ("id") VALUES (1);--> statement-breakpoint
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;--> statement-breakpoint
RESET search_path;
