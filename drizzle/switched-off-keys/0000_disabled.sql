-- DISABLE TRIGGER ALL also switches off the triggers behind foreign keys, and pg_dump does not tell
CREATE TABLE "parents" ("id" serial PRIMARY KEY);--> statement-breakpoint
CREATE TABLE "children" ("id" serial PRIMARY KEY, "parent" integer REFERENCES "parents" ("id"));--> statement-breakpoint
ALTER TABLE "children" DISABLE TRIGGER ALL;--> statement-breakpoint
INSERT INTO "children" ("parent") VALUES (7);
