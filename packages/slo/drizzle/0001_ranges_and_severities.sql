-- Equality and overlap in one exclusion constraint need it.
CREATE EXTENSION IF NOT EXISTS btree_gist;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS citext;--> statement-breakpoint

CREATE DOMAIN percentage AS numeric(6, 3) CHECK (VALUE BETWEEN 0 AND 100);--> statement-breakpoint
COMMENT ON DOMAIN percentage IS 'Of a hundred, with three places: 99.995';
