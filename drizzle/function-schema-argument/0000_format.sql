-- the schema's name is an argument: format('%I.%I', 'public', name) puts 'public' into a query without a dot beside it
CREATE TABLE "items" ("id" serial PRIMARY KEY);--> statement-breakpoint
INSERT INTO "items" DEFAULT VALUES;--> statement-breakpoint
CREATE FUNCTION "count_of"("name" text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE n integer;
BEGIN
  EXECUTE format('SELECT count(*) FROM %I.%I', 'public', name) INTO n;
  RETURN n;
END $$;--> statement-breakpoint
CREATE FUNCTION "count_in"("name" text, "in_schema" text DEFAULT 'public') RETURNS integer LANGUAGE plpgsql AS $$
DECLARE n integer;
BEGIN
  EXECUTE format('SELECT count(*) FROM %I.%I', in_schema, name) INTO n;
  RETURN n;
END $$;
