-- policies and grants for roles, of which public in GRANT … ON SCHEMA public TO public is both a schema and everybody
CREATE TABLE "notes" ("id" serial PRIMARY KEY, "owner" text NOT NULL DEFAULT current_user, "text" text, "secret" text);--> statement-breakpoint
ALTER TABLE "notes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO public;--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO awkward_reader, awkward_writer;--> statement-breakpoint
GRANT SELECT ("id", "owner", "text") ON public.notes TO awkward_reader;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ("text") ON "public"."notes" TO awkward_writer WITH GRANT OPTION;--> statement-breakpoint
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO awkward_writer;--> statement-breakpoint
CREATE POLICY "read" ON "notes" FOR SELECT TO awkward_reader, awkward_writer USING ("owner" = current_user OR "text" = 'public');--> statement-breakpoint
CREATE POLICY "write" ON "notes" FOR INSERT TO awkward_writer WITH CHECK ("owner" = current_user);--> statement-breakpoint
CREATE POLICY "not_secret" ON "notes" AS RESTRICTIVE TO PUBLIC USING ("secret" IS NULL);--> statement-breakpoint
CREATE FUNCTION "count_all"() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$ SELECT count(*) FROM notes $$;--> statement-breakpoint
CREATE FUNCTION "count_mine"() RETURNS bigint LANGUAGE sql SECURITY INVOKER AS $$ SELECT count(*) FROM public.notes $$;--> statement-breakpoint
REVOKE ALL ON FUNCTION public.count_all() FROM public;--> statement-breakpoint
GRANT EXECUTE ON FUNCTION public.count_all() TO awkward_reader;--> statement-breakpoint
CREATE TABLE "theirs" ("id" serial PRIMARY KEY);--> statement-breakpoint
ALTER TABLE "theirs" OWNER TO awkward_writer;--> statement-breakpoint
CREATE VIEW "mine" WITH (security_invoker = true) AS SELECT "id", "text" FROM "notes";--> statement-breakpoint
GRANT SELECT ON "mine" TO awkward_reader;--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO awkward_reader;--> statement-breakpoint
INSERT INTO "notes" ("owner", "text") VALUES ('awkward_reader', 'mine'), ('somebody', 'public'), ('somebody', 'theirs');
