-- roles belong to the whole server: they are made where they are missing, said, and left alone
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'awkward_app') THEN CREATE ROLE awkward_app NOLOGIN; END IF;
END $$;--> statement-breakpoint
DO $$ BEGIN CREATE ROLE awkward_admin NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;--> statement-breakpoint
GRANT awkward_app TO awkward_admin;--> statement-breakpoint
ALTER ROLE awkward_app SET statement_timeout = '3s';--> statement-breakpoint
CREATE TABLE "owned" ("id" serial PRIMARY KEY);--> statement-breakpoint
GRANT SELECT ON "owned" TO awkward_app;--> statement-breakpoint
INSERT INTO "owned" DEFAULT VALUES;
