-- rights on public itself are given and taken, to everybody and from everybody
REVOKE CREATE ON SCHEMA public FROM PUBLIC;--> statement-breakpoint
GRANT ALL ON SCHEMA public TO PUBLIC;--> statement-breakpoint
COMMENT ON SCHEMA public IS 'everybody''s';--> statement-breakpoint
CREATE TABLE "open" ("id" serial PRIMARY KEY);
