INSERT INTO "notebooks" ("name") VALUES ('inbox');
