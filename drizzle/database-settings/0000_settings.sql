-- settings of the database itself, and of a role in it: they are no part of what CREATE DATABASE … TEMPLATE copies
CREATE TABLE "clocks" ("at" timestamptz DEFAULT '2026-01-01 00:00:00+00');--> statement-breakpoint
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET "TimeZone" TO ''Asia/Kathmandu''', current_database());
  EXECUTE format('ALTER DATABASE %I SET search_path TO "$user", public, other', current_database());
  EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET app.mode TO ''test''', current_database());
END $$;--> statement-breakpoint
CREATE SCHEMA "other";--> statement-breakpoint
CREATE TABLE "other"."things" ("id" integer);
