-- the same, and a label that can be used as soon as it is added
CREATE TYPE "kind" AS ENUM ('old');--> statement-breakpoint
COMMIT;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "orders_customer" ON "orders" ("customer");--> statement-breakpoint
ALTER TYPE "kind" ADD VALUE 'new';--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "kind" "kind" NOT NULL DEFAULT 'new';--> statement-breakpoint
BEGIN;--> statement-breakpoint
ALTER TABLE "orders" ALTER COLUMN "kind" DROP DEFAULT;
