-- a column added to a parent is the last one of its children, and would be an earlier one if they were made again
CREATE TABLE "animals" ("id" serial PRIMARY KEY, "name" text);--> statement-breakpoint
CREATE TABLE "dogs" ("owner" text) INHERITS ("animals");--> statement-breakpoint
ALTER TABLE "animals" ADD COLUMN "legs" smallint DEFAULT 4;--> statement-breakpoint
INSERT INTO "dogs" ("name", "owner") VALUES ('Rex', 'Ada');
