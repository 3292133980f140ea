-- rows that hold a regclass: a dump has them as text, 'public.watched', which would be read as a table of the target's
CREATE TABLE "watched" ("id" serial PRIMARY KEY, "table" regclass NOT NULL DEFAULT 'watched'::regclass, "type" regtype);--> statement-breakpoint
INSERT INTO "watched" ("type") VALUES ('watched'::regtype);
