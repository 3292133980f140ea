-- an argument of a trigger is the name of an object, and nothing but the function knows that: tsvector_update_trigger reads one
CREATE TEXT SEARCH CONFIGURATION "words" (COPY = pg_catalog.simple);--> statement-breakpoint
CREATE TABLE "pages" ("id" serial PRIMARY KEY, "body" text, "search" tsvector);--> statement-breakpoint
CREATE TRIGGER "pages_search" BEFORE INSERT OR UPDATE ON "pages" FOR EACH ROW
  EXECUTE FUNCTION tsvector_update_trigger('search', 'public.words', 'body');--> statement-breakpoint
INSERT INTO "pages" ("body") VALUES ('All the Words');
