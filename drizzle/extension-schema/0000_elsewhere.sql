-- an extension is created in a schema made for it, which does not come with a unit's own
CREATE SCHEMA IF NOT EXISTS extensions;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions;--> statement-breakpoint
CREATE TABLE "words" ("word" extensions.citext PRIMARY KEY);--> statement-breakpoint
INSERT INTO "words" VALUES ('Public');
