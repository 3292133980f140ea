-- what is only done if the catalog does not have it already: a sibling's objects of the same names would answer for it
DO $$ BEGIN
 CREATE TYPE "public"."status" AS ENUM('on', 'off');
EXCEPTION
 WHEN duplicate_object THEN null;
END $$;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "devices" ("id" serial PRIMARY KEY, "owner" integer, "status" "status" DEFAULT 'on', "name" text);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "owners" ("id" serial PRIMARY KEY);
--> statement-breakpoint
DO $$ BEGIN
 ALTER TABLE "devices" ADD CONSTRAINT "devices_owner_fk" FOREIGN KEY ("owner") REFERENCES "public"."owners"("id") ON DELETE cascade;
EXCEPTION
 WHEN duplicate_object THEN null;
END $$;
--> statement-breakpoint
DO $do$
DECLARE t text;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'devices_named') THEN
    ALTER TABLE "devices" ADD CONSTRAINT "devices_named" CHECK ("name" <> '');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'flavor') THEN CREATE TYPE flavor AS ENUM ('sweet'); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'devices_name_idx') THEN CREATE INDEX devices_name_idx ON public.devices (name); END IF;
  IF NOT EXISTS (SELECT FROM pg_indexes WHERE schemaname = 'public' AND indexname = 'devices_owner_idx') THEN CREATE INDEX devices_owner_idx ON devices (owner); END IF;
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'devices' AND column_name = 'decoy') THEN ALTER TABLE devices ADD COLUMN decoy text; END IF;
  IF NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'extra') THEN EXECUTE 'CREATE TABLE public.extra (id integer)'; END IF;
  IF to_regclass('public.more') IS NULL THEN CREATE TABLE public.more (id integer); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_proc WHERE proname = 'helper') THEN
    CREATE FUNCTION helper() RETURNS text LANGUAGE sql AS 'SELECT ''made''::text';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'devices_same') THEN
    CREATE TRIGGER devices_same BEFORE UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_policies WHERE policyname = 'devices_all') THEN CREATE POLICY devices_all ON devices USING (true); END IF;
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE %I.%I ADD COLUMN IF NOT EXISTS tenant integer DEFAULT 1', 'public', t);
  END LOOP;
END $do$;
