-- Case-insensitive e-mail addresses and tags, and search that forgives a typo.
CREATE EXTENSION IF NOT EXISTS citext;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS pg_trgm;
