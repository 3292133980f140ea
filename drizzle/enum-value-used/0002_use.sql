-- and used in the next
ALTER TABLE "tasks" ALTER COLUMN "status" SET DEFAULT 'waiting';--> statement-breakpoint
INSERT INTO "tasks" DEFAULT VALUES;--> statement-breakpoint
CREATE INDEX "waiting" ON "tasks" ("id") WHERE "status" = 'waiting';
