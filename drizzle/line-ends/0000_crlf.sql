-- lines end as on Windows, also inside of literals and bodies
CREATE TABLE "crlf" (
	"id" serial PRIMARY KEY,
	"text" text DEFAULT 'one
two'
);
--> statement-breakpoint
CREATE FUNCTION "lines"() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  -- public.crlf
  RETURN (SELECT text FROM public.crlf);
END $$;--> statement-breakpoint
INSERT INTO "crlf" DEFAULT VALUES;
