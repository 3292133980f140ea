-- an extension that the target database may have in its own public already, beside somebody's tables
CREATE EXTENSION IF NOT EXISTS seg;--> statement-breakpoint
CREATE TABLE "readings" ("id" serial PRIMARY KEY, "seg" seg NOT NULL DEFAULT '1 .. 2'::public.seg);--> statement-breakpoint
CREATE INDEX "readings_seg" ON "readings" USING gist ("seg" gist_seg_ops);--> statement-breakpoint
INSERT INTO "readings" DEFAULT VALUES;
