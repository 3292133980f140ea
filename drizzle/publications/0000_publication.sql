-- a publication belongs to the database
CREATE TABLE "messages" ("id" serial PRIMARY KEY, "text" text);--> statement-breakpoint
ALTER TABLE "messages" REPLICA IDENTITY FULL;--> statement-breakpoint
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_publication WHERE pubname = 'realtime') THEN CREATE PUBLICATION "realtime"; END IF;
END $$;--> statement-breakpoint
ALTER PUBLICATION "realtime" ADD TABLE "public"."messages";
