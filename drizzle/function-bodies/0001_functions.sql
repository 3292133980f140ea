-- bodies in SQL, PL/pgSQL and BEGIN ATOMIC that name public in code, in settings, in dynamic SQL, in comments and as plain data
CREATE FUNCTION public.count_users() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT count(*)::integer FROM public.users $$;--> statement-breakpoint
CREATE FUNCTION count_quoted() RETURNS integer LANGUAGE sql STABLE AS 'SELECT count(*)::integer FROM "public"."users" WHERE "name" <> ''public''';--> statement-breakpoint
CREATE FUNCTION in_path() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT count(*)::integer FROM users $$;--> statement-breakpoint
CREATE FUNCTION in_quoted_path() RETURNS integer LANGUAGE sql SET search_path TO 'public' AS $$ SELECT count(*)::integer FROM users $$;--> statement-breakpoint
CREATE FUNCTION no_path() RETURNS integer LANGUAGE sql SET search_path = '' AS $$ SELECT count(*)::integer FROM public.users $$;--> statement-breakpoint
CREATE FUNCTION path_and_more() RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, public SET "TimeZone" = 'UTC' SET work_mem FROM CURRENT AS $$
BEGIN
  RETURN (SELECT string_agg(name, ',' ORDER BY id) FROM users);
END $$;--> statement-breakpoint
CREATE FUNCTION atomic(m mood DEFAULT 'calm') RETURNS TABLE (id integer, name text) LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT u.id, CASE WHEN u.mood = m THEN u.name ELSE 'public.users' END FROM users u ORDER BY u.id;
  SELECT u.id, u.name FROM public.users u WHERE u.mood = m ORDER BY count_users(), u.id;
END;--> statement-breakpoint
CREATE FUNCTION atomic_return(a integer) RETURNS integer LANGUAGE sql RETURN a + public.count_users();--> statement-breakpoint
CREATE FUNCTION dynamic(tbl text) RETURNS integer LANGUAGE plpgsql AS $fn$
DECLARE n integer; m integer;
BEGIN
  EXECUTE format('SELECT count(*) FROM public.%I', tbl) INTO n;
  EXECUTE 'SELECT count(*) FROM public.' || quote_ident(tbl) INTO m;
  EXECUTE $q$ INSERT INTO public.log (what) VALUES ('public') $q$;
  EXECUTE format($q$ INSERT INTO "public".%1$I (what) SELECT %2$L $q$, 'log', 'public.holiday');
  RETURN n + m;
END $fn$;--> statement-breakpoint
CREATE FUNCTION declared() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  u public.users%ROWTYPE;
  kind public.mood := 'cross'::public.mood;
  other public.users.name%TYPE;
  rows_of CURSOR FOR SELECT * FROM public.users ORDER BY id;
  found public.users[];
BEGIN
  -- public.users is read here, "public"."log" is not
  OPEN rows_of; FETCH rows_of INTO u; CLOSE rows_of;
  /* public.users */
  SELECT array_agg(x) INTO found FROM public.users x;
  SELECT name INTO STRICT other FROM public.users WHERE id = u.id AND 'public' <> 'public.users';
  PERFORM public.count_users();
  IF to_regclass('public.users') IS NULL OR 'public.users'::regclass <> u.tableoid::regclass AND false THEN RAISE 'not there'; END IF;
  RETURN other || kind || cardinality(found);
EXCEPTION WHEN undefined_table THEN
  RETURN 'no public.users';
END $$;--> statement-breakpoint
CREATE FUNCTION described() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE n integer;
BEGIN
  SELECT count(*) INTO n FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'users';
  RETURN n || ' ' || (SELECT count(*) FROM pg_tables WHERE schemaname IN ('public') AND tablename IN ('users', 'log'))
    || ' ' || (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'::name AND relname = 'users')
    || ' ' || has_table_privilege('public.users', 'select')
    || ' ' || (pg_get_serial_sequence('public.users', 'id')::regclass = pg_get_serial_sequence('users', 'id')::regclass);
END $$;--> statement-breakpoint
CREATE FUNCTION greet(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'hello ' || name $$;--> statement-breakpoint
CREATE FUNCTION greet(id integer, VARIADIC words text[] DEFAULT '{}') RETURNS text LANGUAGE sql STABLE AS $$ SELECT public.greet(u.name) || array_to_string(words, '') FROM public.users u WHERE u.id = $1 $$;--> statement-breakpoint
CREATE FUNCTION befriend(INOUT u users, OUT total integer) LANGUAGE plpgsql AS $$ BEGIN u.friends := u.friends + 1; total := public.count_users(); END $$;--> statement-breakpoint
CREATE FUNCTION first_of(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 3 AS $$ SELECT $1[1] $$;--> statement-breakpoint
CREATE FUNCTION all_users() RETURNS SETOF public.users LANGUAGE sql ROWS 7 AS $$ TABLE public.users $$;--> statement-breakpoint
CREATE PROCEDURE public.rename_user(INOUT id integer, name text DEFAULT 'public') LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.users u SET name = rename_user.name WHERE u.id = rename_user.id;
  COMMIT;
  CALL public.note('renamed');
END $$;--> statement-breakpoint
CREATE PROCEDURE note(what text) LANGUAGE sql AS $$ INSERT INTO public.log (what) VALUES (what) $$;--> statement-breakpoint
CREATE FUNCTION later() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT x FROM public.made_later); END $$;--> statement-breakpoint
CREATE AGGREGATE public.moods(mood) (SFUNC = array_append, STYPE = mood[], INITCOND = '{}');--> statement-breakpoint
COMMENT ON FUNCTION public.greet(integer, text[]) IS 'says hello to one of public.users';--> statement-breakpoint
CREATE OR REPLACE FUNCTION public.count_users() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT count(*) FROM public.users); END $$;
