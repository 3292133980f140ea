-- collations of ICU, one of which calls equal what is not, in a column, an index and a domain
CREATE COLLATION "public"."any_case" (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);--> statement-breakpoint
CREATE COLLATION "numeric" (PROVIDER = icu, LOCALE = 'en-u-kn-true');--> statement-breakpoint
CREATE DOMAIN "username" AS text COLLATE "any_case";--> statement-breakpoint
CREATE TABLE "files" ("name" text COLLATE "public"."numeric", "owner" "username" UNIQUE);--> statement-breakpoint
CREATE INDEX "files_name" ON "files" ("name" COLLATE "any_case");--> statement-breakpoint
COMMENT ON COLLATION "numeric" IS 'public.numeric';--> statement-breakpoint
INSERT INTO "files" VALUES ('a10', 'Ada'), ('a9', 'Bob');
