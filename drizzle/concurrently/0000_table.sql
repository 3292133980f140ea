-- an index is built CONCURRENTLY, which no transaction allows (25001)
CREATE TABLE "visits" ("id" serial PRIMARY KEY, "at" timestamptz);--> statement-breakpoint
INSERT INTO "visits" ("at") VALUES ('2026-01-01');
