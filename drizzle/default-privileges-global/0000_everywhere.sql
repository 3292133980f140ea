-- the same for all schemas, which belongs to the database
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;--> statement-breakpoint
CREATE FUNCTION "private"() RETURNS integer LANGUAGE sql AS 'SELECT 1';
