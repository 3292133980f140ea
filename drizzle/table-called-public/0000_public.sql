-- a table public in the schema public: "public"."public" has the schema first and the table second
CREATE TABLE "public" ("id" serial PRIMARY KEY, "public" text DEFAULT 'public', "parent" integer REFERENCES "public"."public" ("id"));--> statement-breakpoint
CREATE TABLE "other" ("id" serial PRIMARY KEY, "public_id" integer REFERENCES "public" ("id"));--> statement-breakpoint
CREATE VIEW "joined" AS SELECT "public"."id", "other"."id" AS "other_id" FROM "public" JOIN "other" ON "other"."public_id" = "public"."id";--> statement-breakpoint
CREATE FUNCTION "count_public"() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM public.public $$;--> statement-breakpoint
CREATE FUNCTION "insert_public"("value" text) RETURNS "public" LANGUAGE plpgsql AS $$
DECLARE made public.public%ROWTYPE; kind public.public.public%TYPE := value;
BEGIN
  INSERT INTO public.public ("public") VALUES (kind) RETURNING * INTO made;
  RETURN made;
END $$;--> statement-breakpoint
CREATE TRIGGER "public" BEFORE UPDATE ON "public"."public" FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();--> statement-breakpoint
INSERT INTO "public" ("parent") VALUES (NULL), (1);
