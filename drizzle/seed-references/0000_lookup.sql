-- rows that are made from other rows, from a temporary table and from the catalog, under functions and currval
CREATE TABLE "roles" ("id" serial PRIMARY KEY, "name" text UNIQUE);--> statement-breakpoint
CREATE TABLE "users" ("id" bigserial PRIMARY KEY, "role" integer NOT NULL REFERENCES "roles", "tables" integer);--> statement-breakpoint
CREATE TEMPORARY TABLE "names" ("name" text) ON COMMIT DROP;--> statement-breakpoint
CREATE TEMP TABLE "stays" AS SELECT 'stays' AS "name";--> statement-breakpoint
INSERT INTO "names" VALUES ('admin'), ('public');--> statement-breakpoint
INSERT INTO "public"."roles" ("name") SELECT "name" FROM "pg_temp"."names" ON CONFLICT DO NOTHING;--> statement-breakpoint
INSERT INTO "roles" ("name") SELECT "name" FROM "names" ON CONFLICT ("name") DO UPDATE SET "name" = EXCLUDED."name" || '!';--> statement-breakpoint
WITH "made" AS (INSERT INTO "roles" ("name") SELECT "name" FROM "stays" RETURNING "id")
INSERT INTO "users" ("role", "tables") SELECT "id", (SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public') FROM "made";--> statement-breakpoint
INSERT INTO "users" ("role") VALUES (currval(pg_get_serial_sequence('public.roles', 'id')));--> statement-breakpoint
SELECT setval('users_id_seq', (SELECT max("id") FROM "users") + 100);
