/**
 * Ways in which a function, a view or a trigger can say the name of the schema. Each makes `probe()`, whose answer after the
 * migrations is the right one. A plain form must stay a schema; any other may be a doubt instead. One that is alone makes
 * something called public.
 */
export type Form = readonly [what: string, sql: string, kind?: "plain" | "alone"];

const sql = (body: string): string => `create function probe() returns text language sql as $f$ ${body} $f$`;
const plpgsql = (body: string, declare = ""): string =>
  `create function probe() returns text language plpgsql as $f$ declare n bigint; t text; ${declare} begin ${body} end $f$`;
const view = (query: string): string =>
  `create view seen as ${query}; create function probe() returns text language sql as 'select v::text from seen'`;

export const BASE = `
create type kind as enum ('public', 'private');
create table items (id serial primary key, note text default 'public', kind kind not null default 'public', secret boolean default true,
  constraint noted check (note <> 'public.items' and kind in ('public', 'private')));
create index items_public on items (id) where kind = 'public';
insert into items (note) values ('public'), ('public.items'), ('it is public') ;
create function count_items() returns bigint language sql as 'select count(*) from public.items';
`.replace("('public.items'), ", "");

export const FORMS: readonly Form[] = [
  // code
  ["a qualified table", sql("select count(*)::text from public.items"), "plain"],
  ["a qualified table in quotes", sql(`select count(*)::text from "public"."items"`), "plain"],
  ["a qualified table in capitals", sql("select count(*)::text from PUBLIC.ITEMS"), "plain"],
  ["space and a comment before the dot", sql("select count(*)::text from public /* here */ . items"), "plain"],
  ["a qualified column", sql("select max(public.items.id)::text from public.items"), "plain"],
  ["a qualified function", sql("select public.count_items()::text"), "plain"],
  ["a qualified type", plpgsql("return 'public'::public.kind::text;"), "plain"],
  [
    "a row type",
    plpgsql("select * into r from public.items limit 1; return r.id::text;", "r public.items%rowtype;"),
    "plain",
  ],
  [
    "a column's type",
    plpgsql("select note into x from items limit 1; return x;", "x public.items.note%type;"),
    "plain",
  ],
  [
    "a function called by its name",
    sql("select public.count_items() || (select count(*) from public.items)::text"),
    "plain",
  ],
  [
    "BEGIN ATOMIC",
    "create function probe() returns text begin atomic select count(*)::text from public.items; end",
    "plain",
  ],
  ["RETURN", "create function probe() returns text return public.count_items()::text", "plain"],
  [
    "a comment in a body",
    plpgsql("-- public.items, 'public'\n /* public */ return count(*)::text from items;"),
    "plain",
  ],
  [
    "a comment with an apostrophe",
    plpgsql("-- it's public.items\n return count(*)::text from public.items; -- don't\n"),
    "plain",
  ],
  ["an alias", sql("select count(public.id)::text from items as public")],
  [
    "an alias, called like a table's column",
    sql("select max(public.items)::text from (select id as items from items) public"),
  ],
  ["a subquery called public", sql(`with public as (select 7 as id) select public.id::text from public`)],
  ["a variable", plpgsql("select 1 as x into public; return public.x::text;", "public record;")],
  [
    "a loop's variable",
    plpgsql("for public in select id from items loop n := public.id; end loop; return n::text;", "public record;"),
  ],
  [
    "an argument",
    `create function given(public items) returns text language sql as 'select public.note'; ${sql("select given(i) from items i limit 1")}`,
  ],
  [
    "an OUT argument",
    `create function given(out public items) language plpgsql as 'begin select * into public from items limit 1; public.note := 1; end'; ${sql("select (given()).note")}`,
  ],
  [
    "a label of a block",
    plpgsql("return public.x::text;", "").replace("declare", "<<public>> declare x integer := 5;"),
  ],
  [
    "the function's own name",
    `create function public(x integer) returns integer language plpgsql as 'begin return public.x + 1; end'; ${sql('select "public"(1)::text')}`,
    "alone",
  ],
  [
    "a table public",
    `create table public (id integer); insert into public values (7); ${sql("select public.id::text from public")}`,
    "alone",
  ],
  [
    "a table public, qualified",
    `create table public (id integer); insert into public values (7); ${sql("select public.id::text from public.public")}`,
    "alone",
  ],
  [
    "a column public",
    `create table flags (public boolean); insert into flags values (true); ${sql("select f.public::text from flags f")}`,
    "plain",
  ],
  ["a field public", plpgsql("select 1 as public into r; return r.public::text;", "r record;")],
  [
    "a field public of a row",
    plpgsql("select * into f from flags; return f.public::text;", "f flags;").replace(
      "create",
      "create table flags (public boolean); insert into flags values (true); create",
    ),
    "plain",
  ],
  [
    "a field of a column public",
    `create type pair as (items integer); create table pairs (public pair); ${plpgsql("insert into pairs values (row(1)); update pairs set public.items = 5; select (p.public).items::text into t from pairs p; return t;")}`,
  ],
  ["an escaped name", sql(`select count(*)::text from U&"\\0070ublic".items`)],
  [
    "GRANT … TO PUBLIC",
    plpgsql("grant select on items to public; return has_table_privilege('items', 'select')::text;"),
  ],
  // search paths
  [
    "a setting",
    `${sql("select count(*)::text from items")} set search_path = public`.replace(
      /as \$f\$(.*)\$f\$ (set.*)$/s,
      "$2 as $f$$$1$f$$",
    ),
    "plain",
  ],
  [
    "a setting of several",
    `create function probe() returns text language sql set search_path to pg_catalog, public, pg_temp as 'select count(*)::text from items'`,
    "plain",
  ],
  [
    "a setting in quotes",
    `create function probe() returns text language sql set search_path to 'public' as 'select count(*)::text from items'`,
    "plain",
  ],
  [
    "an empty setting",
    `create function probe() returns text language sql set search_path to '' as 'select count(*)::text from public.items'`,
    "plain",
  ],
  ["SET", plpgsql("set local search_path to public; return count(*)::text from items;"), "plain"],
  [
    "SET with the user's",
    plpgsql(`set local search_path = "$user", public; return count(*)::text from items;`),
    "plain",
  ],
  [
    "set_config()",
    plpgsql("perform set_config('search_path', 'public, pg_temp', true); return count(*)::text from items;"),
    "plain",
  ],
  [
    "set_config() of a variable",
    plpgsql("perform set_config('search_path', p, true); return count(*)::text from items;", "p text := 'public';"),
  ],
  [
    "set_config() put together",
    plpgsql("perform set_config('search_path', 'public,' || 'pg_temp', true); return count(*)::text from items;"),
  ],
  ["SCHEMA", plpgsql("set local schema 'public'; return count(*)::text from items;")],
  [
    "the path, read",
    plpgsql("set local search_path to public; return (current_setting('search_path') = 'public')::text;"),
  ],
  ["the path, shown", sql("select setting from pg_settings where name = 'search_path'")],
  // data
  ["a label of an enum", sql("select count(*)::text from items where kind = 'public'"), "plain"],
  ["a label in a list", sql("select count(*)::text from items where kind in ('private', 'public')"), "plain"],
  [
    "a label, assigned",
    plpgsql("insert into items (kind) values ('public') returning kind into t; return t;"),
    "plain",
  ],
  [
    "CASE over a column",
    sql("select string_agg(case kind when 'public' then 'open' else 'closed' end, ',') from items"),
    "plain",
  ],
  ["a text", sql("select 'docs at public.example.org and \"public\".x'::text"), "plain"],
  ["a JSON key", sql(`select '{"public": {"a": 1}}'::jsonb #>> '{public,a}'`), "plain"],
  ["a message", plpgsql("raise notice 'public.items has %', 1; return 'said';"), "plain"],
  ["COALESCE", sql("select max(coalesce(note, 'public')) from items"), "plain"],
  ["a view's text", view("select 'public.items'::text as v"), "plain"],
  ["a view's comparison", view("select count(*) as v from items where note = 'public'"), "plain"],
  [
    "a view's array",
    view("select count(*) as v from items where note = any (array['public', 'x']::varchar[])"),
    "plain",
  ],
  [
    "a default",
    `create table stuff (x text default 'public', y jsonb default '{"public.items": 1}'); ${sql("insert into stuff default values returning x || y")}`,
    "plain",
  ],
  [
    "a row",
    `create table stuff (x text); insert into stuff values ('public.items'), ('public'); ${sql("select string_agg(x, ',') from stuff")}`,
    "plain",
  ],
  [
    "a row with a regclass",
    `create table stuff (x regclass); insert into stuff values ('items'); ${sql("select (x = 'items'::regclass)::text from stuff")}`,
    "plain",
  ],
  [
    "a column called like the catalog's",
    `create table region (registered text, schema_version integer default 3); insert into region values ('public'); ${sql("select registered || schema_version from region where registered = 'public'")}`,
    "plain",
  ],
  // names that are looked up
  ["regclass", sql("select count(*)::text from pg_class where oid = 'public.items'::regclass")],
  [
    "regclass by CAST",
    sql("select cast('public.items' as regclass)::oid::bigint::text = 'items'::regclass::oid::bigint::text || ''"),
  ],
  ["regclass as a typed literal", plpgsql("return (regclass 'public.items' = 'items'::regclass)::text;")],
  ["regclass through text", plpgsql("return ('public.items'::text::regclass = 'items'::regclass)::text;")],
  ["to_regclass()", plpgsql("return (to_regclass('public.items') is not null)::text;")],
  ["to_regclass() of a variable", plpgsql("return (to_regclass(x) is not null)::text;", "x text := 'public.items';")],
  ["nextval()", plpgsql("return nextval('public.items_id_seq')::text;")],
  ["pg_get_serial_sequence()", plpgsql("return (pg_get_serial_sequence('public.items', 'id') is not null)::text;")],
  ["has_table_privilege()", plpgsql("return has_table_privilege('public.items', 'select')::text;")],
  [
    "has_schema_privilege()",
    plpgsql("return has_schema_privilege('public', 'usage')::text || (select count(*) from items);"),
  ],
  [
    "to_regnamespace()",
    sql("select (to_regnamespace('public') = relnamespace)::text from pg_class where oid = 'items'::regclass"),
  ],
  ["query_to_xml()", sql("select length(query_to_xml('select * from public.items', true, true, '')::text)::text")],
  ["ts_stat()", sql(`select count(*)::text from ts_stat('select to_tsvector(note) from public.items')`)],
  [
    "an argument of one's own",
    `create function given(x regclass) returns text language sql as 'select count(*)::text from pg_class where oid = x'; ${sql("select given('public.items')")}`,
  ],
  [
    "a default that is looked up",
    `create table stuff (x regclass default ('public.items'::text)::regclass); ${sql("insert into stuff default values returning (x = 'items'::regclass)::text")}`,
  ],
  [
    "a trigger's argument",
    `create table stuff (x text, s tsvector); create text search configuration words (copy = pg_catalog.simple); create trigger firing before insert on stuff for each row execute function tsvector_update_trigger('s', 'public.words', 'x'); ${sql("insert into stuff (x) values ('a') returning s::text")}`,
  ],
  [
    "a trigger's argument to one's own",
    `create table stuff (x text); create function fire() returns trigger language plpgsql as $t$ begin execute format('select count(*) from %I.items', tg_argv[0]) into new.x; return new; end $t$; create trigger firing before insert on stuff for each row execute function fire('public'); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "a regclass column, compared",
    `create table stuff (x regclass); insert into stuff values ('items'); create function probe() returns text language sql set search_path to '' as $q$ select count(*)::text from public.stuff where x::text = 'public.items' $q$`,
  ],
  [
    "a regclass column, filled",
    `create table stuff (x regclass); ${sql("insert into stuff values ('public.items') returning (x = 'items'::regclass)::text")}`,
  ],
  [
    "pg_typeof()",
    `create function probe() returns text language sql set search_path to '' as 'select (pg_typeof(kind)::text = ''public.kind'')::text from public.items limit 1'`,
  ],
  [
    "an error's words",
    plpgsql(
      "perform set_config('search_path', '', true); perform public.items.nothing from public.items; return 'none'; exception when others then return (sqlerrm like '%public%')::text;",
    ),
  ],
  ["DO", plpgsql("do $q$ begin perform count(*) from public.items; end $q$; return 'done';")],
  [
    "a function made by a function",
    plpgsql(
      "create function pg_temp.made() returns bigint language sql as 'select count(*) from public.items'; return pg_temp.made()::text;",
    ),
  ],
  // dynamic SQL
  ["EXECUTE", plpgsql("execute 'select count(*) from public.items' into n; return n::text;")],
  [
    "EXECUTE with format() and %I",
    plpgsql("execute format('select count(*) from %I.%I', 'public', 'items') into n; return n::text;"),
  ],
  [
    "EXECUTE with format() and a qualifier",
    plpgsql("execute format('select count(*) from public.%I', 'items') into n; return n::text;"),
  ],
  [
    "EXECUTE, put together",
    plpgsql("execute 'select count(*) from public.' || quote_ident('items') into n; return n::text;"),
  ],
  [
    "EXECUTE with concat()",
    plpgsql("execute concat('select count(*) from ', 'public', '.items') into n; return n::text;"),
  ],
  ["EXECUTE of pieces", plpgsql("execute 'select count(*) from pub' || 'lic.items' into n; return n::text;")],
  [
    "EXECUTE of characters",
    plpgsql("execute 'select count(*) from ' || chr(112) || 'ublic.items' into n; return n::text;"),
  ],
  [
    "EXECUTE of replace()",
    plpgsql("execute replace('select count(*) from @.items', '@', 'pub' || 'lic') into n; return n::text;"),
  ],
  [
    "EXECUTE of reverse()",
    plpgsql("execute 'select count(*) from ' || reverse('cilbup') || '.items' into n; return n::text;"),
  ],
  [
    "EXECUTE of lower()",
    plpgsql("execute 'select count(*) from ' || lower('PUBLIC') || '.items' into n; return n::text;"),
  ],
  ["EXECUTE of an escape string", plpgsql("execute E'select count(*) from \\x70ublic.items' into n; return n::text;")],
  [
    "EXECUTE of a Unicode string",
    plpgsql("execute U&'select count(*) from \\0070ublic.items' into n; return n::text;"),
  ],
  [
    "EXECUTE of dollars in dollars",
    plpgsql("execute $q$ do $r$ begin perform count(*) from public.items; end $r$ $q$; return 'done';"),
  ],
  [
    "a variable",
    plpgsql(
      "execute format('select count(*) from %I.items', s) into n; return n::text;",
      "s constant text := 'public';",
    ),
  ],
  [
    "a variable that is assigned",
    plpgsql("s := 'public'; execute format('select count(*) from %I.items', s) into n; return n::text;", "s text;"),
  ],
  [
    "an array",
    plpgsql(
      "foreach t in array array['public'] loop execute format('select count(*) from %I.items', t) into n; end loop; return n::text;",
    ),
  ],
  [
    "an array as text",
    plpgsql(
      "foreach t in array '{public}'::text[] loop execute format('select count(*) from %I.items', t) into n; end loop; return n::text;",
    ),
  ],
  [
    "an argument of another function",
    `create function count_by(s text) returns bigint language plpgsql as $t$ declare n bigint; begin execute format('select count(*) from %I.items', s) into n; return n; end $t$; ${sql("select count_by('public')::text")}`,
  ],
  [
    "a default argument",
    `create function probe(s text default 'public') returns text language plpgsql as $t$ declare n bigint; begin execute format('select count(*) from %I.items', s) into n; return n::text; end $t$`,
  ],
  [
    "a function that returns it",
    `create function main_name() returns text language sql as $t$ select 'public' $t$; ${plpgsql("execute format('select count(*) from %I.items', main_name()) into n; return n::text;")}`,
  ],
  [
    "a row that holds it",
    `create table seen (s text); insert into seen values ('public'); ${plpgsql("select s into t from seen; execute format('select count(*) from %I.items', t) into n; return n::text;")}`,
  ],
  [
    "a row that holds a table",
    `create table seen (s text); insert into seen values ('public.items'); ${sql("select (s::regclass = 'items'::regclass)::text from seen")}`,
  ],
  [
    "a view that holds it",
    `create view main_name as select 'public'::text as s; ${plpgsql("select s into t from main_name; execute format('select count(*) from %I.items', t) into n; return n::text;")}`,
  ],
  // compared with what Postgres says
  [
    "table_schema =",
    sql("select count(*)::text from information_schema.tables where table_schema = 'public' and table_name = 'items'"),
  ],
  [
    "table_schema LIKE",
    sql("select count(*)::text from information_schema.tables where table_schema like 'pub%' and table_name = 'items'"),
  ],
  [
    "schemaname, flipped",
    sql("select count(*)::text from pg_tables where 'public' = schemaname and tablename = 'items'"),
  ],
  ["schemaname <>", sql("select count(*)::text from pg_tables where schemaname <> 'public' and tablename = 'items'")],
  [
    "schemaname ANY",
    sql("select count(*)::text from pg_tables where schemaname = any ('{public,auth}') and tablename = 'items'"),
  ],
  ["a row", sql("select count(*)::text from pg_tables where (schemaname, tablename) = ('public', 'items')")],
  [
    "nspname",
    sql(
      "select count(*)::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname = 'public' and relname = 'items'",
    ),
  ],
  [
    "regnamespace",
    sql("select count(*)::text from pg_class where relnamespace::regnamespace::text = 'public' and relname = 'items'"),
  ],
  [
    "regnamespace of a literal",
    sql("select count(*)::text from pg_class where relnamespace = 'public'::regnamespace and relname = 'items'"),
  ],
  [
    "BEGIN ATOMIC over the catalog",
    "create function probe() returns text begin atomic select count(*)::text from pg_tables where schemaname = 'public' and tablename = 'items'; end",
  ],
  [
    "a view over the catalog",
    view("select count(*) as v from information_schema.tables where table_schema = 'public' and table_name = 'items'"),
  ],
  ["the catalog, whatever the schema", sql("select count(*)::text from pg_class where relname = 'items'")],
  [
    "the catalog, but for Postgres' own",
    sql(
      "select count(*)::text from pg_tables where schemaname not in ('pg_catalog', 'information_schema') and tablename = 'items'",
    ),
  ],
  [
    "quote_ident()",
    sql(
      "select count(*)::text from pg_tables where quote_ident(schemaname) = quote_ident('public') and tablename = 'items'",
    ),
  ],
  ["upper()", sql("select count(*)::text from pg_tables where upper(schemaname) = 'PUBLIC' and tablename = 'items'")],
  ["pieces", sql("select count(*)::text from pg_tables where schemaname = 'pub' || 'lic' and tablename = 'items'")],
  [
    "characters",
    sql("select count(*)::text from pg_tables where schemaname = chr(112) || 'ublic' and tablename = 'items'"),
  ],
  ["current_schema()", sql("select (current_schema() = 'public')::text")],
  ["current_schema() and pieces", sql("select (current_schema() = 'pub' || 'lic')::text")],
  ["current_schemas()", sql("select ('public' = any (current_schemas(false)))::text")],
  [
    "current_schema() in a view, compared elsewhere",
    `create view here as select current_schema()::text as s; ${sql("select count(*)::text from here where s = 'public'")}`,
  ],
  [
    "TG_TABLE_SCHEMA =",
    `create table stuff (x text); create function fire() returns trigger language plpgsql as $t$ begin if tg_table_schema = 'public' then new.x := 'main'; end if; return new; end $t$; create trigger firing before insert on stuff for each row execute function fire(); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "CASE TG_TABLE_SCHEMA",
    `create table stuff (x text); create function fire() returns trigger language plpgsql as $t$ begin case tg_table_schema when 'public' then new.x := 'main'; else new.x := 'other'; end case; return new; end $t$; create trigger firing before insert on stuff for each row execute function fire(); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "TG_TABLE_SCHEMA put together",
    `create table stuff (x text); create function fire() returns trigger language plpgsql as $t$ begin new.x := (tg_table_schema || '.' || tg_table_name = 'public.stuff')::text; return new; end $t$; create trigger firing before insert on stuff for each row execute function fire(); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "TG_TABLE_SCHEMA through a function",
    `create table stuff (x text); create function is_main(s text) returns text language sql as $t$ select case when s = 'public' then 'main' end $t$; create function fire() returns trigger language plpgsql as $t$ begin new.x := is_main(tg_table_schema); return new; end $t$; create trigger firing before insert on stuff for each row execute function fire(); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "TG_TABLE_SCHEMA in a log",
    `create table stuff (x text); create function fire() returns trigger language plpgsql as $t$ begin new.x := tg_table_schema; return new; end $t$; create trigger firing before insert on stuff for each row execute function fire(); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "TG_TABLE_SCHEMA LIKE",
    `create table stuff (x text); create function fire() returns trigger language plpgsql as $t$ begin new.x := (tg_table_schema like 'pub%')::text; return new; end $t$; create trigger firing before insert on stuff for each row execute function fire(); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "TG_RELID in a log",
    `create table stuff (x text); create function fire() returns trigger language plpgsql set search_path to '' as $t$ begin new.x := tg_relid::regclass::text; return new; end $t$; create trigger firing before insert on stuff for each row execute function fire(); ${sql("insert into stuff default values returning x")}`,
  ],
  [
    "DEFAULT current_schema()",
    `create table stuff (x text default current_schema()); ${sql("insert into stuff default values returning x")}`,
  ],
  ["a digest of a function", sql("select md5(pg_get_functiondef('count_items()'::regprocedure))")],
  ["a function's source", sql("select md5(prosrc) from pg_proc where oid = 'count_items()'::regprocedure")],
  [
    "a view's definition",
    `create view seen as select 1 as x from items; ${sql("select pg_get_viewdef('seen'::regclass)")}`,
  ],
];

/** The names that forms make, so that all of them can be made in one database, each with a number. */
export const MADE =
  /\b(probe|seen|stuff|fire|firing|given|main_name|here|is_main|count_by|flags|pairs|pair|region|words)\b/g;
