-- whoever wrote this ran it statement by statement
ALTER TYPE "status" ADD VALUE IF NOT EXISTS 'waiting';--> statement-breakpoint
CREATE TABLE "tasks" ("id" serial PRIMARY KEY, "status" "status" DEFAULT 'waiting');--> statement-breakpoint
INSERT INTO "tasks" ("status") VALUES ('waiting'), (DEFAULT);
