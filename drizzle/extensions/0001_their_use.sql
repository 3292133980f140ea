-- what extensions bring, in every place that can hold it: columns, arrays, defaults, checks, indexes, exclusions, arguments, bodies
CREATE TYPE "public"."label" AS ("lang" text, "value" citext);--> statement-breakpoint
CREATE DOMAIN "public"."email" AS "public"."citext" CHECK (VALUE ~ '^[^@]+@[^@]+$'::"public"."citext");--> statement-breakpoint
CREATE TABLE "people" (
  "id" uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
  "token" text NOT NULL DEFAULT encode(public.gen_random_bytes(8), 'hex'),
  "email" "email" NOT NULL UNIQUE,
  "nick" public.citext NOT NULL DEFAULT 'Nobody'::public.citext,
  "aliases" citext[] NOT NULL DEFAULT ARRAY['A'::citext],
  "labels" "label"[],
  "attributes" hstore DEFAULT 'public=>"public.people"'::hstore,
  "has_color" boolean GENERATED ALWAYS AS ("attributes" ? 'color') STORED,
  "path" "public"."ltree" DEFAULT 'top.public'::ltree,
  "numbers" integer[] NOT NULL DEFAULT '{}',
  "place" public.earth DEFAULT public.ll_to_earth(48, 11),
  CONSTRAINT "people_nick" CHECK ("nick" <> 'ADMIN'::citext AND "nick" IS DISTINCT FROM 'root'::citext)
);--> statement-breakpoint
CREATE TABLE "bookings" (
  "room" integer NOT NULL,
  "during" tsrange NOT NULL,
  CONSTRAINT "no_double_booking" EXCLUDE USING gist ("room" WITH =, "during" WITH &&)
);--> statement-breakpoint
CREATE INDEX "people_nick_trgm" ON "people" USING gin (("nick"::text) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "people_nick_gist" ON "people" USING gist (("nick"::text) public.gist_trgm_ops (siglen = 32));--> statement-breakpoint
CREATE INDEX "people_numbers" ON "people" USING gin ("numbers" gin__int_ops);--> statement-breakpoint
CREATE INDEX "people_path" ON "people" USING gist ("path");--> statement-breakpoint
CREATE INDEX "people_attributes" ON "people" USING gin ("attributes");--> statement-breakpoint
CREATE INDEX "people_lower" ON "people" (lower("nick"), "path") WHERE "nick" OPERATOR(public.<>) 'nobody'::citext;--> statement-breakpoint
CREATE TEXT SEARCH CONFIGURATION "public"."plain" (COPY = pg_catalog.simple);--> statement-breakpoint
ALTER TEXT SEARCH CONFIGURATION "public"."plain" ALTER MAPPING FOR hword, hword_part, word WITH "public"."unaccent", pg_catalog.simple;--> statement-breakpoint
CREATE FUNCTION "public"."same_nick"("a" public.citext, "b" citext DEFAULT 'x') RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT a = b $$;--> statement-breakpoint
CREATE FUNCTION "nicks_like"("pattern" citext[], VARIADIC "more" text[] DEFAULT '{}') RETURNS SETOF public.citext LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
DECLARE found citext; other public.people.nick%TYPE;
BEGIN
  FOR found IN SELECT nick FROM public.people WHERE nick = ANY (pattern) OR similarity(nick::text, more[1]) > 0.5 ORDER BY nick LOOP
    IF found OPERATOR(public.=) 'nobody'::public.citext OR true THEN other := found; END IF;
    RETURN NEXT other;
  END LOOP;
END $$;--> statement-breakpoint
CREATE FUNCTION "hash"("value" text) RETURNS text LANGUAGE sql SET search_path TO 'public' AS $$ SELECT encode(digest(value, 'sha256'), 'hex') $$;--> statement-breakpoint
CREATE FUNCTION "atomic"("n" citext) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT EXISTS (SELECT 1 FROM people WHERE nick = n); END;--> statement-breakpoint
CREATE AGGREGATE "joined"(citext) (SFUNC = textcat, STYPE = text, INITCOND = '');--> statement-breakpoint
CREATE VIEW "colored" AS
  SELECT "email", "nick", "attributes" -> 'color' AS "color", similarity("nick"::text, 'ada') AS "close", "labels"[1]."value" AS "label"
  FROM "people" WHERE "nick" IN ('ada'::citext, 'BOB') OR "nick" LIKE 'c%';--> statement-breakpoint
CREATE TRIGGER "touch" BEFORE UPDATE ON "people" FOR EACH ROW WHEN (NEW."nick" IS DISTINCT FROM OLD."nick" AND NEW."nick" = 'same'::citext)
  EXECUTE FUNCTION suppress_redundant_updates_trigger();--> statement-breakpoint
INSERT INTO "people" ("id", "token", "email", "nick", "aliases", "labels", "attributes", "numbers")
  VALUES (uuid_generate_v5(uuid_ns_url(), 'ada'), 't', 'Ada@example.org', 'Ada', '{Ada,ADA}', ARRAY[ROW('en', 'Countess')::label], 'color=>red', '{1,2}');--> statement-breakpoint
INSERT INTO "bookings" VALUES (1, '[2026-01-01,2026-01-02)');
