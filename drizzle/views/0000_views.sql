-- views that lean on views, on functions and on keys, that can be written to, that refresh, and that print differently once read back
CREATE TYPE "state" AS ENUM ('open', 'closed');--> statement-breakpoint
CREATE TABLE "orders" ("id" serial PRIMARY KEY, "customer" varchar(40), "state" "state" NOT NULL DEFAULT 'open', "total" numeric(8, 2) NOT NULL DEFAULT 0);--> statement-breakpoint
CREATE FUNCTION "with_tax"(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT round($1 * 1.19, 2) $$;--> statement-breakpoint
INSERT INTO "orders" ("customer", "total") VALUES ('Ada', 10), ('Bob', 20), ('Ada', 30);--> statement-breakpoint
CREATE VIEW "open_orders" WITH (security_barrier = true) AS SELECT * FROM "orders" WHERE "state" = 'open'::"public"."state" WITH LOCAL CHECK OPTION;--> statement-breakpoint
CREATE VIEW "taxed" ("number", "gross") WITH (security_invoker = true) AS SELECT "id", "public"."with_tax"("total") FROM "public"."open_orders";--> statement-breakpoint
CREATE VIEW "some" AS SELECT "id" FROM "orders" WHERE "customer" IN ('Ada', 'Bob') AND "state" NOT IN ('closed') AND "total" BETWEEN 1 AND 100;--> statement-breakpoint
CREATE VIEW "grouped" AS SELECT o."id", o."customer", count(l.*) AS "n" FROM "orders" o LEFT JOIN "orders" l ON l."id" < o."id" GROUP BY o."id";--> statement-breakpoint
CREATE RECURSIVE VIEW "counted" ("n") AS VALUES (1) UNION ALL SELECT "n" + 1 FROM "counted" WHERE "n" < 3;--> statement-breakpoint
CREATE VIEW "many_forms" AS
  WITH "public" AS MATERIALIZED (SELECT "id", "total" FROM "orders"), "last" AS (SELECT max("id") AS "id" FROM "public")
  SELECT p."id", row_number() OVER w AS "place", 'public.holiday'::text AS "word", 'orders'::regclass AS "is",
    ARRAY(SELECT t."number" FROM "taxed" t WHERE t."number" = p."id") AS "ids", (SELECT o FROM "orders" o WHERE o."id" = p."id") AS "whole",
    x."elem", p."total" IS DISTINCT FROM 10 AS "other"
  FROM "public" p CROSS JOIN LATERAL unnest(ARRAY['a', 'public']) WITH ORDINALITY AS x("elem", "at") JOIN "last" ON "last"."id" = p."id" WINDOW w AS (ORDER BY p."id" DESC);
--> statement-breakpoint
CREATE OR REPLACE VIEW "some" AS SELECT "id", "customer" FROM "orders" WHERE "customer" = ANY (ARRAY['Ada', 'Bob']::varchar[]);--> statement-breakpoint
ALTER VIEW "some" ALTER COLUMN "customer" SET DEFAULT 'public';--> statement-breakpoint
ALTER VIEW "some" RENAME COLUMN "customer" TO "who";--> statement-breakpoint
CREATE MATERIALIZED VIEW "per_customer" AS SELECT "customer", sum("public".with_tax("total")) AS "sum" FROM "orders" GROUP BY 1 ORDER BY 2 DESC;--> statement-breakpoint
CREATE UNIQUE INDEX "per_customer_customer" ON "per_customer" ("customer");--> statement-breakpoint
INSERT INTO "orders" ("customer", "total") VALUES ('Eve', 40);--> statement-breakpoint
REFRESH MATERIALIZED VIEW "public"."per_customer";--> statement-breakpoint
CREATE VIEW "words" AS SELECT 'public.orders'::text AS "word", 'public' AS "other";--> statement-breakpoint
CREATE MATERIALIZED VIEW "of_that" WITH (fillfactor = 50) AS SELECT * FROM "per_customer" WHERE "sum" > 30;--> statement-breakpoint
CREATE MATERIALIZED VIEW "empty" AS SELECT * FROM "public"."of_that" WITH NO DATA;--> statement-breakpoint
CREATE INDEX "empty_sum" ON "empty" (abs("sum"));--> statement-breakpoint
CREATE RULE "into_taxed" AS ON INSERT TO "taxed" DO INSTEAD INSERT INTO "public"."orders" ("total") VALUES (NEW."gross" / 1.19) RETURNING "id", "with_tax"("total");--> statement-breakpoint
CREATE TABLE "copies" ("id" integer, "at" text);--> statement-breakpoint
CREATE RULE "copy" AS ON UPDATE TO "orders" WHERE NEW."total" <> OLD."total" DO ALSO
  INSERT INTO "copies" VALUES (NEW."id", 'public.orders');--> statement-breakpoint
CREATE RULE "shout" AS ON INSERT TO "copies" DO ALSO (NOTIFY "public"; SELECT 'public.copies');--> statement-breakpoint
CREATE RULE "never" AS ON DELETE TO "copies" DO INSTEAD NOTHING;--> statement-breakpoint
ALTER TABLE "copies" DISABLE RULE "never";--> statement-breakpoint
COMMENT ON VIEW "taxed" IS 'public.orders with tax';--> statement-breakpoint
COMMENT ON RULE "copy" ON "orders" IS 'public.copies';
