-- public becomes another schema, and a new public takes its place
CREATE TABLE "first" ("id" serial PRIMARY KEY);--> statement-breakpoint
ALTER SCHEMA public RENAME TO "app";--> statement-breakpoint
CREATE SCHEMA "public";--> statement-breakpoint
CREATE TABLE "public"."second" ("id" serial PRIMARY KEY, "first" integer REFERENCES "app"."first" ("id"));
