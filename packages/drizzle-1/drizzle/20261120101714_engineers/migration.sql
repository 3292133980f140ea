CREATE TYPE "level" AS ENUM('primary', 'secondary');--> statement-breakpoint
CREATE TABLE "engineers" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "engineers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"handle" text NOT NULL UNIQUE,
	"timezone" text DEFAULT 'UTC' NOT NULL,
	"skills" text[] DEFAULT '{}'::text[] NOT NULL,
	"reach" jsonb DEFAULT '{}' NOT NULL
);
