-- alone in its file, as the manuals say; the migrator opens a transaction all the same
CREATE INDEX CONCURRENTLY IF NOT EXISTS "visits_at" ON "visits" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "visits_once" ON "public"."visits" ("at", "id");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "visits_none";--> statement-breakpoint
REINDEX INDEX CONCURRENTLY "visits_at";--> statement-breakpoint
VACUUM ANALYZE "visits";
