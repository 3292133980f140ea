-- a migration goes over the tables of 'public' and makes triggers with dynamic SQL, and so does a function that stays
CREATE TABLE "one" ("id" serial PRIMARY KEY, "updated_at" timestamptz);--> statement-breakpoint
CREATE TABLE "two" ("id" serial PRIMARY KEY, "updated_at" timestamptz);--> statement-breakpoint
CREATE FUNCTION "set_updated_at"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := '2026-01-01'; RETURN NEW; END $$;--> statement-breakpoint
CREATE FUNCTION "watch_all"() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t record;
BEGIN
  FOR t IN SELECT table_schema, table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'updated_at' ORDER BY table_name
  LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS watch ON %I.%I', t.table_schema, t.table_name);
    EXECUTE format('CREATE TRIGGER watch BEFORE UPDATE ON public.%I FOR EACH ROW EXECUTE FUNCTION public.set_updated_at()', t.table_name);
  END LOOP;
END $$;--> statement-breakpoint
SELECT "watch_all"();
