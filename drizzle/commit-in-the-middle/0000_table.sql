-- COMMIT; ends the migrator's own transaction, and what follows runs by itself: an index can be built CONCURRENTLY then
CREATE TABLE "orders" ("id" serial PRIMARY KEY, "customer" integer);--> statement-breakpoint
INSERT INTO "orders" ("customer") SELECT n FROM generate_series(1, 5) n;
