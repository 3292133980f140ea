-- what is easily lost: storage, compression, statistics, options, comments, replica identity, clustering, unlogged tables
CREATE TABLE "details" ("id" serial PRIMARY KEY, "a" text NOT NULL, "b" integer NOT NULL, "c" jsonb, "d" text) WITH (fillfactor = 60, autovacuum_enabled = off, toast.autovacuum_vacuum_threshold = 99);--> statement-breakpoint
ALTER TABLE "details" ALTER COLUMN "a" SET STORAGE EXTERNAL, ALTER COLUMN "c" SET COMPRESSION pglz, ALTER COLUMN "b" SET STATISTICS 500, ALTER COLUMN "d" SET (n_distinct = -0.5, n_distinct_inherited = 3);--> statement-breakpoint
CREATE UNLOGGED TABLE "fast" ("id" serial PRIMARY KEY, "n" integer);--> statement-breakpoint
CREATE UNLOGGED TABLE "was_fast" ("id" integer);--> statement-breakpoint
ALTER TABLE "was_fast" SET LOGGED;--> statement-breakpoint
CREATE UNIQUE INDEX "details_ab" ON "details" ("a", "b") WITH (fillfactor = 90, deduplicate_items = off);--> statement-breakpoint
CREATE INDEX "details_lower" ON "details" (lower("a") text_pattern_ops, ("b" + 1) DESC);--> statement-breakpoint
ALTER INDEX "details_lower" ALTER COLUMN 1 SET STATISTICS 700;--> statement-breakpoint
CREATE INDEX "details_brin" ON "details" USING brin ("b") WITH (pages_per_range = 4, autosummarize = on);--> statement-breakpoint
CREATE INDEX "details_gin" ON "details" USING gin ("c" jsonb_path_ops) WITH (fastupdate = off);--> statement-breakpoint
CREATE INDEX "details_hash" ON "details" USING hash ("d");--> statement-breakpoint
ALTER TABLE "details" REPLICA IDENTITY USING INDEX "details_ab";--> statement-breakpoint
ALTER TABLE "fast" REPLICA IDENTITY NOTHING;--> statement-breakpoint
ALTER TABLE "was_fast" REPLICA IDENTITY FULL;--> statement-breakpoint
ALTER TABLE "details" CLUSTER ON "details_ab";--> statement-breakpoint
CREATE STATISTICS "public"."details_stats" (ndistinct, mcv) ON "a", "b" FROM "public"."details";--> statement-breakpoint
CREATE STATISTICS "details_expr" ON (lower("a")), ("b" % 10) FROM "details";--> statement-breakpoint
ALTER STATISTICS "details_stats" SET STATISTICS 50;--> statement-breakpoint
COMMENT ON SCHEMA public IS 'public things';--> statement-breakpoint
COMMENT ON TABLE "details" IS E'first line\nsecond: public.details \\ ''quoted'' "☃"';--> statement-breakpoint
COMMENT ON COLUMN "details"."a" IS '';--> statement-breakpoint
COMMENT ON COLUMN "details"."b" IS 'b; -- not the end';--> statement-breakpoint
COMMENT ON INDEX "details_ab" IS 'public.details_ab';--> statement-breakpoint
COMMENT ON SEQUENCE "details_id_seq" IS 'numbers';--> statement-breakpoint
COMMENT ON CONSTRAINT "details_pkey" ON "details" IS 'key';--> statement-breakpoint
COMMENT ON STATISTICS "details_stats" IS 'a and b';--> statement-breakpoint
INSERT INTO "fast" ("n") VALUES (1);--> statement-breakpoint
INSERT INTO "details" ("a", "b", "c") SELECT repeat('public.', n), n, '{}' FROM generate_series(1, 5) n;--> statement-breakpoint
ANALYZE "details";
