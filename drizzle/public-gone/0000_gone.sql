-- public is renamed, and none takes its place
CREATE TABLE "only" ("id" serial PRIMARY KEY);--> statement-breakpoint
INSERT INTO "only" DEFAULT VALUES;--> statement-breakpoint
ALTER SCHEMA "public" RENAME TO "tenant";
