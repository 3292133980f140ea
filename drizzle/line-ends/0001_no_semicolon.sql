-- no semicolon at the end, and no line end either
CREATE TABLE "bare" ("id" serial PRIMARY KEY)