-- operators, operator classes, text search and collations of the project's own: named in definitions by schema and operator
CREATE TYPE "money_in" AS ("amount" numeric, "currency" text);--> statement-breakpoint
CREATE FUNCTION "add_money"("money_in", "money_in") RETURNS "money_in" LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ROW($1.amount + $2.amount, $1.currency)::money_in $$;--> statement-breakpoint
CREATE FUNCTION "same_money"("money_in", "money_in") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.amount = $2.amount AND $1.currency = $2.currency $$;--> statement-breakpoint
CREATE FUNCTION "other_money"("money_in", "money_in") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT NOT public.same_money($1, $2) $$;--> statement-breakpoint
CREATE OPERATOR "public".+ (LEFTARG = "money_in", RIGHTARG = "money_in", FUNCTION = "add_money", COMMUTATOR = OPERATOR("public".+));--> statement-breakpoint
CREATE OPERATOR === (LEFTARG = "money_in", RIGHTARG = "money_in", FUNCTION = "same_money", COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel);--> statement-breakpoint
CREATE OPERATOR !== (LEFTARG = "money_in", RIGHTARG = "money_in", FUNCTION = "other_money", COMMUTATOR = !==, NEGATOR = ===);--> statement-breakpoint
CREATE AGGREGATE "sum"("money_in") (SFUNC = "add_money", STYPE = "money_in");--> statement-breakpoint
CREATE FUNCTION "by_length"(text, text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) - length($2) $$;--> statement-breakpoint
CREATE FUNCTION "shorter"(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) < length($2) $$;--> statement-breakpoint
CREATE OPERATOR <# (LEFTARG = text, RIGHTARG = text, FUNCTION = "shorter");--> statement-breakpoint
CREATE FUNCTION "not_longer"(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) <= length($2) $$;--> statement-breakpoint
CREATE OPERATOR <=# (LEFTARG = text, RIGHTARG = text, FUNCTION = "not_longer");--> statement-breakpoint
CREATE FUNCTION "as_long"(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) = length($2) $$;--> statement-breakpoint
CREATE OPERATOR =# (LEFTARG = text, RIGHTARG = text, FUNCTION = "as_long");--> statement-breakpoint
CREATE FUNCTION "not_shorter"(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) >= length($2) $$;--> statement-breakpoint
CREATE OPERATOR >=# (LEFTARG = text, RIGHTARG = text, FUNCTION = "not_shorter");--> statement-breakpoint
CREATE FUNCTION "longer"(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) > length($2) $$;--> statement-breakpoint
CREATE OPERATOR ># (LEFTARG = text, RIGHTARG = text, FUNCTION = "longer");--> statement-breakpoint
CREATE OPERATOR FAMILY "lengths" USING btree;--> statement-breakpoint
CREATE OPERATOR CLASS "length_ops" FOR TYPE text USING btree FAMILY "lengths" AS OPERATOR 1 <#, OPERATOR 2 <=#, OPERATOR 3 =#, OPERATOR 4 >=#, OPERATOR 5 >#, FUNCTION 1 "by_length"(text, text);--> statement-breakpoint
CREATE COLLATION "plain" (PROVIDER = libc, LOCALE = 'C');--> statement-breakpoint
CREATE TEXT SEARCH DICTIONARY "short" (TEMPLATE = pg_catalog.simple, ACCEPT = false);--> statement-breakpoint
CREATE TEXT SEARCH CONFIGURATION "search" (COPY = pg_catalog.simple);--> statement-breakpoint
ALTER TEXT SEARCH CONFIGURATION "search" ALTER MAPPING FOR asciiword WITH "short", pg_catalog.simple;--> statement-breakpoint
CREATE TABLE "sales" (
  "id" serial PRIMARY KEY,
  "price" "money_in" NOT NULL CHECK ("price" OPERATOR(public.!==) ROW(0, 'EUR')::"money_in"),
  "double" "money_in" GENERATED ALWAYS AS ("price" + "price") STORED,
  "open" numrange,
  "name" text COLLATE "public"."plain",
  "words" tsvector GENERATED ALWAYS AS (to_tsvector('public.search'::regconfig, 'all the words')) STORED,
  EXCLUDE USING gist ("open" WITH &&)
);--> statement-breakpoint
CREATE INDEX "sales_length" ON "sales" ("name" COLLATE "plain" "length_ops");--> statement-breakpoint
CREATE INDEX "sales_words" ON "sales" USING gin (to_tsvector('search', "name"));--> statement-breakpoint
CREATE VIEW "totals" AS SELECT sum("price") AS "total", max("name" COLLATE "plain") AS "last" FROM "sales" WHERE "price" !== ROW(1, 'EUR')::"money_in";--> statement-breakpoint
INSERT INTO "sales" ("price", "open", "name") VALUES (ROW(2, 'EUR'), '[8,12)', 'b'), (ROW(3, 'EUR'), '[12,16)', 'C');
