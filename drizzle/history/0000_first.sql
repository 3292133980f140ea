-- what years leave behind: dropped columns, renamed things whose keys and sequences kept their old names, changed types
CREATE TABLE "clients" ("id" serial PRIMARY KEY, "old" text, "name" text UNIQUE, "age" text, "note" varchar(10), "kind" text DEFAULT 'new', "last" integer);--> statement-breakpoint
CREATE TABLE "visits" ("id" serial PRIMARY KEY, "client_id" integer REFERENCES "clients" ("id"), "gone" serial);--> statement-breakpoint
CREATE INDEX "clients_age_idx" ON "clients" ("age");--> statement-breakpoint
INSERT INTO "clients" ("old", "name", "age", "kind") VALUES ('x', 'Ada', '36', 'new'), ('y', 'Bob', '40', 'old');--> statement-breakpoint
INSERT INTO "visits" ("client_id") VALUES (1), (2);
