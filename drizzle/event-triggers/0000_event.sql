-- an event trigger fires for the whole database
CREATE TABLE "ddl_log" ("id" serial PRIMARY KEY, "tag" text);--> statement-breakpoint
CREATE FUNCTION "log_ddl"() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ddl_log (tag) VALUES (tg_tag); END $$;--> statement-breakpoint
CREATE EVENT TRIGGER "log_tables" ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION "log_ddl"();--> statement-breakpoint
CREATE TABLE "after" ("id" integer);
