-- the label that the next file adds is used in that file: not even one transaction per migration does (55P04)
CREATE TABLE "owners" ("id" serial PRIMARY KEY, "status" "status" NOT NULL DEFAULT 'new');
