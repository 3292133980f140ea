-- a byte order mark before the first comment: to Postgres it is part of a word, so the migrator fails, and so do we
CREATE TABLE "marked" ("id" serial PRIMARY KEY);
