-- the next migration adds a label and the one after uses it: not in the one transaction in which the migrator runs them (55P04, before PostgreSQL 17)
CREATE TYPE "status" AS ENUM ('new', 'done');--> statement-breakpoint
CREATE TABLE "tasks" ("id" serial PRIMARY KEY, "status" "status" NOT NULL DEFAULT 'new');
