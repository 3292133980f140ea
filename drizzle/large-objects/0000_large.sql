-- large objects are in no schema, and their numbers are the database's
CREATE TABLE "images" ("id" serial PRIMARY KEY, "data" oid);--> statement-breakpoint
INSERT INTO "images" ("data") VALUES (lo_from_bytea(4711, '\x00ff'));
