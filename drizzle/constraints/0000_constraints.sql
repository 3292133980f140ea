-- constraints that the data breaks, that wait for the commit, that share an index, and that print differently once read back
CREATE TABLE "parents" ("id" integer PRIMARY KEY, "code" varchar(9) NOT NULL, "kind" char(1) NOT NULL DEFAULT 'a', UNIQUE ("code", "kind"),
  CONSTRAINT "kinds" CHECK ("kind" IN ('a', 'b') AND "code" NOT IN ('public', 'x')), CONSTRAINT "length" CHECK (char_length("code") BETWEEN 1 AND 9) NO INHERIT);--> statement-breakpoint
CREATE TABLE "children" (
  "id" integer PRIMARY KEY DEFERRABLE INITIALLY IMMEDIATE,
  "parent" integer CONSTRAINT "later" REFERENCES "parents" DEFERRABLE INITIALLY DEFERRED,
  "code" varchar(9), "kind" char(1),
  "next" integer UNIQUE DEFERRABLE,
  "n" integer UNIQUE NULLS NOT DISTINCT,
  CONSTRAINT "both" FOREIGN KEY ("code", "kind") REFERENCES "public"."parents" ("code", "kind") MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL ("code", "kind"),
  CONSTRAINT "apart" EXCLUDE USING gist (int4range("id", "n") WITH &&) WHERE ("n" > "id") DEFERRABLE
);--> statement-breakpoint
ALTER TABLE "parents" ADD COLUMN "child" integer REFERENCES "children" ("n") ON DELETE SET DEFAULT;--> statement-breakpoint
INSERT INTO "parents" ("id", "code") VALUES (1, 'one'), (2, 'two');--> statement-breakpoint
INSERT INTO "children" ("id", "parent", "code", "kind", "next", "n") VALUES (1, 1, 'one', 'a', 2, NULL), (2, 2, NULL, NULL, 1, -5);--> statement-breakpoint
UPDATE "parents" SET "child" = -5 WHERE "id" = 1;--> statement-breakpoint
SET CONSTRAINTS ALL IMMEDIATE;--> statement-breakpoint
ALTER TABLE "parents" ADD CONSTRAINT "broken" CHECK ("id" > 100) NOT VALID;--> statement-breakpoint
ALTER TABLE "children" ADD CONSTRAINT "broken_key" FOREIGN KEY ("n") REFERENCES "parents" NOT VALID;--> statement-breakpoint
ALTER TABLE "children" ADD CONSTRAINT "valid_now" CHECK ("id" > 0) NOT VALID;--> statement-breakpoint
ALTER TABLE "children" VALIDATE CONSTRAINT "valid_now";--> statement-breakpoint
CREATE UNIQUE INDEX "children_pair" ON "children" ("next" DESC NULLS LAST, "id") INCLUDE ("code");--> statement-breakpoint
CREATE UNIQUE INDEX "lower_code" ON "parents" (lower("code"), ("kind" = ANY ('{a,b}'::bpchar[])));--> statement-breakpoint
CREATE TABLE "keyed" ("a" integer NOT NULL, "b" integer NOT NULL);--> statement-breakpoint
CREATE UNIQUE INDEX "keyed_idx" ON "keyed" ("a", "b");--> statement-breakpoint
ALTER TABLE "keyed" ADD CONSTRAINT "keyed_key" PRIMARY KEY USING INDEX "keyed_idx";--> statement-breakpoint
ALTER TABLE "keyed" RENAME CONSTRAINT "keyed_key" TO "public_key";--> statement-breakpoint
ALTER TABLE "children" ALTER CONSTRAINT "both" DEFERRABLE;--> statement-breakpoint
COMMENT ON CONSTRAINT "later" ON "children" IS 'public.parents';
