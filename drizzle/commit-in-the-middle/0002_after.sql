-- a later migration, in whatever transaction there is, with BEGIN and COMMIT around it
BEGIN;
CREATE TABLE "after" ("id" serial PRIMARY KEY);
SAVEPOINT "here";
CREATE TABLE "never" ("id" integer);
ROLLBACK TO SAVEPOINT "here";
COMMIT;
