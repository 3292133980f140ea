-- triggers of every kind, some switched off, whose functions write to other tables by way of their search_path or of public.
CREATE TABLE "accounts" ("id" serial PRIMARY KEY, "owner" text, "balance" integer NOT NULL DEFAULT 0, "changes" integer NOT NULL DEFAULT 0);--> statement-breakpoint
CREATE TABLE "history" ("id" serial PRIMARY KEY, "what" text NOT NULL);--> statement-breakpoint
CREATE VIEW "rich" AS SELECT "id", "owner" FROM "accounts" WHERE "balance" > 100;--> statement-breakpoint
CREATE FUNCTION "note_row"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.history (what) VALUES (TG_NAME || ' ' || TG_OP || ' ' || TG_TABLE_NAME || ' ' || coalesce(array_to_string(TG_ARGV, '|'), ''));
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE FUNCTION "note_many"() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN INSERT INTO history (what) SELECT 'many ' || count(*) FROM fresh; RETURN NULL; END $$;--> statement-breakpoint
CREATE FUNCTION "no_debt"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(balance) FROM accounts) < 0 THEN RAISE EXCEPTION 'in debt' USING ERRCODE = 'check_violation'; END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION "into_accounts"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.accounts (owner, balance) VALUES (NEW.owner, 101); RETURN NEW; END $$;--> statement-breakpoint
INSERT INTO "accounts" ("owner", "balance") VALUES ('Ada', 5);--> statement-breakpoint
CREATE TRIGGER "a_when" BEFORE UPDATE OF "owner", "balance" ON "accounts" FOR EACH ROW
  WHEN (OLD."owner" IS DISTINCT FROM NEW."owner" AND NEW."owner" <> 'the public') EXECUTE FUNCTION "note_row"('it''s', 'a;b', '1', '\x');--> statement-breakpoint
CREATE TRIGGER "b_many" AFTER INSERT ON "accounts" REFERENCING NEW TABLE AS "fresh" FOR EACH STATEMENT EXECUTE FUNCTION "note_many"();--> statement-breakpoint
CREATE CONSTRAINT TRIGGER "c_debt" AFTER INSERT OR UPDATE OR DELETE ON "accounts" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "no_debt"();--> statement-breakpoint
CREATE TRIGGER "d_view" INSTEAD OF INSERT ON "rich" FOR EACH ROW EXECUTE FUNCTION "into_accounts"();--> statement-breakpoint
CREATE TRIGGER "e_off" BEFORE INSERT ON "accounts" FOR EACH ROW EXECUTE FUNCTION "note_row"();--> statement-breakpoint
CREATE TRIGGER "f_replica" BEFORE INSERT ON "accounts" FOR EACH ROW EXECUTE FUNCTION "note_row"();--> statement-breakpoint
CREATE TRIGGER "g_always" BEFORE INSERT ON "accounts" FOR EACH ROW EXECUTE FUNCTION "note_row"('always');--> statement-breakpoint
CREATE TRIGGER "h_truncate" BEFORE TRUNCATE ON "accounts" FOR EACH STATEMENT EXECUTE FUNCTION "note_row"();--> statement-breakpoint
ALTER TABLE "accounts" DISABLE TRIGGER "e_off", ENABLE REPLICA TRIGGER "f_replica", ENABLE ALWAYS TRIGGER "g_always";--> statement-breakpoint
ALTER TRIGGER "h_truncate" ON "accounts" RENAME TO "h truncate";--> statement-breakpoint
COMMENT ON TRIGGER "a_when" ON "accounts" IS 'public.accounts';
