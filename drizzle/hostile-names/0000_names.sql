-- every name needs quoting, or is a word of SQL's, or is as long as a name can be, or holds what ends a statement elsewhere
CREATE TYPE "select" AS ENUM ('public', 'Public', 'it''s', '"quoted"', 'a;b', '$$', 'naïve ☃', '');--> statement-breakpoint
CREATE TYPE "Ünïcode ☃.type" AS ("from" integer, "Weird ""Field""" text);--> statement-breakpoint
CREATE DOMAIN "group" AS text CHECK (VALUE <> 'public.user');--> statement-breakpoint
CREATE TABLE "user" (
  "select" serial PRIMARY KEY,
  "Order By" text NOT NULL DEFAULT 'it''s "public".user; DROP TABLE x; --',
  "user" "group",
  "a.b" "select" DEFAULT 'public',
  "tab	and
newline" integer DEFAULT 1,
  "back\slash" text DEFAULT E'back\\slash\n''quote',
  "$1" "Ünïcode ☃.type" DEFAULT ROW(1, 'x'),
  "?" jsonb DEFAULT '{"public.user": "public"}',
  CONSTRAINT "CHECK ""me"".please;" CHECK ("Order By" <> 'public.x' AND "back\slash" !~ '^public\.')
);--> statement-breakpoint
CREATE TABLE "public.user" ("id" integer PRIMARY KEY, "public.id" integer, CONSTRAINT "public.fk" FOREIGN KEY ("public.id") REFERENCES "user" ("select"));--> statement-breakpoint
CREATE TABLE "a.b" ("c.d" integer PRIMARY KEY REFERENCES "public.user" ("id"));--> statement-breakpoint
CREATE TABLE "UPPER" ("Id" integer PRIMARY KEY);--> statement-breakpoint
CREATE TABLE "upper" ("id" integer PRIMARY KEY REFERENCES "UPPER" ("Id"));--> statement-breakpoint
CREATE TABLE "sixty_three_bytes_are_as_long_as_any_name_of_an_object_can_ever_" (
  "sixty_three_bytes_are_as_long_as_any_name_of_a_column_can_ever_b" serial PRIMARY KEY,
  "ein_name_mit_umläuten_der_die_grenze_von_dreiundsechzig_bytes_ü" text UNIQUE
);--> statement-breakpoint
CREATE TABLE " leading and trailing " (" " integer, "	" integer, "--" integer, "/*" integer, "*/" integer);--> statement-breakpoint
CREATE TABLE "$body$" ("$$" text DEFAULT '$body$ $$');--> statement-breakpoint
CREATE INDEX "an index; with -- everything" ON "user" ("Order By", lower("back\slash")) WHERE "a.b" <> 'Public';--> statement-breakpoint
CREATE VIEW "view ""of"" user" AS SELECT u."select" AS "from", u."a.b" AS "where", 'public.user'::text AS "public" FROM "user" u;--> statement-breakpoint
CREATE FUNCTION "Do It!"("Argument" integer, "select" text DEFAULT 'public.x') RETURNS text LANGUAGE sql AS $$ SELECT $2 || "Argument" FROM "user" LIMIT 1 $$;--> statement-breakpoint
CREATE FUNCTION "touch;"() RETURNS trigger LANGUAGE plpgsql AS $a$ BEGIN NEW."Order By" := $b$touched; $b$ || TG_TABLE_NAME; RETURN NEW; END $a$;--> statement-breakpoint
CREATE TRIGGER "a trigger; really" BEFORE UPDATE ON "user" FOR EACH ROW EXECUTE FUNCTION "touch;"('Public', 'it''s; public');--> statement-breakpoint
CREATE SEQUENCE "Seq ""1""" START 7;--> statement-breakpoint
ALTER TABLE "UPPER" ALTER COLUMN "Id" SET DEFAULT nextval('"Seq ""1"""');--> statement-breakpoint
COMMENT ON TABLE "user" IS 'it''s "public".user; \ $$ ☃
second line; -- no comment';--> statement-breakpoint
INSERT INTO "user" ("user") VALUES ('ada'), (NULL);--> statement-breakpoint
INSERT INTO "public.user" VALUES (1, 1);--> statement-breakpoint
INSERT INTO "UPPER" DEFAULT VALUES;
