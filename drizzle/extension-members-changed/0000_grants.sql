-- an extension's own function is granted and commented on: it is shared by everybody, and no schema can hold that
CREATE EXTENSION IF NOT EXISTS pgcrypto;--> statement-breakpoint
CREATE TABLE "secrets" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "hash" text NOT NULL);--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION crypt(text, text) FROM PUBLIC;
