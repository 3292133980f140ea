-- a foreign server belongs to the database, and its tables lean on it
CREATE EXTENSION IF NOT EXISTS file_fdw;--> statement-breakpoint
CREATE SERVER "files" FOREIGN DATA WRAPPER file_fdw;--> statement-breakpoint
CREATE FOREIGN TABLE "lines" ("line" text) SERVER "files" OPTIONS (filename '/dev/null', format 'csv');
