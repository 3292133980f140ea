-- a materialized view that was not refreshed after its tables changed holds rows that its query does not give any more
CREATE TABLE "points" ("id" serial PRIMARY KEY, "n" integer NOT NULL);--> statement-breakpoint
INSERT INTO "points" ("n") VALUES (1), (2);--> statement-breakpoint
CREATE MATERIALIZED VIEW "total" AS SELECT sum("n")::integer AS "sum" FROM "points";--> statement-breakpoint
INSERT INTO "points" ("n") VALUES (3);
