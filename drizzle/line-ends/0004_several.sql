-- several statements without a breakpoint, after semicolons without statements
;;
CREATE TABLE "several" ("id" serial PRIMARY KEY); INSERT INTO "several" DEFAULT VALUES; INSERT INTO "several" DEFAULT VALUES;
ALTER TABLE "several" ADD COLUMN "semi" text DEFAULT ';'; ; UPDATE "several" SET "semi" = '; --> statement';
