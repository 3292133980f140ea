-- functions need the tables whose defaults, checks, indexes and views need the functions
CREATE TABLE "nodes" ("id" serial PRIMARY KEY, "rank" integer);--> statement-breakpoint
CREATE FUNCTION "next_rank"() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT coalesce(max("rank"), 0) + 1 FROM "nodes"; END;--> statement-breakpoint
ALTER TABLE "nodes" ALTER COLUMN "rank" SET DEFAULT "public"."next_rank"();--> statement-breakpoint
CREATE FUNCTION "is_low"("n" "nodes") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT n.rank < 100 $$;--> statement-breakpoint
ALTER TABLE "nodes" ADD CONSTRAINT "low" CHECK ("is_low"("nodes"));--> statement-breakpoint
CREATE INDEX "nodes_low" ON "nodes" ("public"."is_low"("nodes".*));--> statement-breakpoint
CREATE VIEW "ranked" AS SELECT *, "next_rank"() AS "next" FROM "nodes" WHERE "is_low"("nodes");--> statement-breakpoint
CREATE FUNCTION "first_ranked"("least" integer DEFAULT "next_rank"() - 100) RETURNS "ranked" LANGUAGE sql BEGIN ATOMIC SELECT * FROM "ranked" WHERE "rank" > "least" ORDER BY "id" LIMIT 1; END;--> statement-breakpoint
CREATE VIEW "of_first" AS SELECT ("public"."first_ranked"())."rank" AS "rank";--> statement-breakpoint
INSERT INTO "nodes" ("rank") VALUES (7);
