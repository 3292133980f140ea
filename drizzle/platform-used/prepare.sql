-- what a platform has before any migration runs
CREATE SCHEMA "auth";
CREATE FUNCTION "auth"."uid"() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.user', true), '')::uuid $$;
