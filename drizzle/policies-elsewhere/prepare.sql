-- what a platform has before any migration runs: people who sign in, and files
CREATE SCHEMA "auth";
CREATE TABLE "auth"."users" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "email" text);
CREATE FUNCTION "auth"."uid"() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.user', true), '')::uuid $$;
CREATE SCHEMA "storage";
CREATE TABLE "storage"."objects" ("id" serial PRIMARY KEY, "owner" uuid, "name" text);
ALTER TABLE "storage"."objects" ENABLE ROW LEVEL SECURITY;
INSERT INTO "auth"."users" VALUES ('00000000-0000-0000-0000-000000000001', 'ada@example.org');
