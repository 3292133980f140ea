-- what is made in public later on is granted to somebody, which a schema can hold
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT USAGE ON SEQUENCES TO PUBLIC;--> statement-breakpoint
CREATE TABLE "readable" ("id" serial PRIMARY KEY);
