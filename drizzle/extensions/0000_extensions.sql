-- extensions are created in public, and their types, functions, operators and operator classes are used by name only or with public.
CREATE EXTENSION IF NOT EXISTS citext;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA "public";--> statement-breakpoint
CREATE EXTENSION btree_gist;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS hstore;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS intarray;
CREATE EXTENSION IF NOT EXISTS earthdistance CASCADE;
