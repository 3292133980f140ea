/** A database with something of most kinds, and what tests do to it. */

/** What the owner of a database can make without being superuser. */
export const TEMPLATE = `
create schema tenant;
create type mood as enum ('sad', 'ok');
create type place as (x integer, y text);
create domain email as text constraint known check (value like '%@%');
create sequence tickets increment by 5;
create table kinds (id serial primary key, name text not null default 'public' unique, mail email, at place);
create table items (id integer generated always as identity primary key, kind integer references kinds, mood mood,
  self integer references items, name text collate "C" default 'x', amount integer constraint positive check (amount > 0));
create index items_name on items (lower(name), amount);
create index items_amount on items (amount);
create table tenant.orders (id bigserial primary key, item integer references items on delete cascade, note text);
create table tenant.lines (id serial, ordered bigint references tenant.orders, seq integer default nextval('tickets'));
create table log (what text, at timestamptz default now());
create unlogged table scratch (id serial, note text);
create table parts (id integer, day date, primary key (id, day)) partition by range (day);
create table parts_1 partition of parts for values from ('2025-01-01') to ('2026-01-01');
create table parts_2 partition of parts for values from ('2026-01-01') to ('2027-01-01');
create table of_parts (id integer, day date, foreign key (id, day) references parts);
create table parents (id integer); create table children (extra integer) inherits (parents);
create table emptied (id integer primary key); insert into emptied values (1); delete from emptied;
create table ruled (id integer); create rule ignored as on delete to ruled do instead nothing;
create table eager (id integer); create table eager_log (id integer);
create function stamp() returns trigger language plpgsql as 'begin insert into public.log values (tg_op); return null; end';
create trigger stamped after insert or delete or update on items for each row execute function stamp();
create function twice(n integer) returns integer language sql immutable as 'select 2 * n';
create procedure nothing() language plpgsql as 'begin end';
create operator === (leftarg = integer, rightarg = integer, function = int4eq);
create aggregate product(integer) (sfunc = int4mul, stype = integer);
create collation nordic (provider = libc, locale = 'C');
create view names as select name from kinds;
create materialized view census as select count(*) from kinds;
create materialized view later as select 1 as one with no data;
create statistics items_stats on kind, amount from items;
create text search dictionary plain (template = pg_catalog.simple);
create text search configuration searching (copy = pg_catalog.simple);
create publication feed for table kinds;
alter table tenant.orders enable row level security;
create policy own on tenant.orders using (true);
alter default privileges in schema tenant grant select on tables to pg_monitor;
grant select on kinds to pg_monitor;
comment on table kinds is 'kinds';
insert into kinds (name) values ('one'), ('two'), ('three');
refresh materialized view census;
`;

/** Names of what the proof calls, planted where a search_path finds them first. */
export const PLANTED = `
create function public.count() returns bigint language sql as 'select 0::bigint';
create function public.age(xid) returns integer language sql as 'select 2000000000';
create function public.pg_relation_size(oid) returns bigint language sql as 'select 0::bigint';
create function public.concat_ws(text, variadic text[]) returns text language sql as $$ select 'same' $$;
create function public.set_config(text, text, boolean) returns text language sql as $$ select 'pristine' $$;
create function public.never(text, text) returns boolean language sql as 'select false';
create operator public.<> (leftarg = text, rightarg = text, function = public.never);
create view public.pg_class as select * from pg_catalog.pg_class where false;
create table public.pg_database (oid oid);
`;

/** What no test has to know to be put back. */
export const USES: readonly string[] = [
  "select",
  "insert into items (kind, mood, amount) values (1, 'ok', 2), (2, 'sad', 3)",
  "insert into tenant.orders (note) values ('x'); insert into tenant.lines (ordered) values (1)",
  "insert into tenant.orders (note) select repeat('x', 500) from generate_series(1, 300)",
  "insert into items (amount, name) select 1, repeat('y', 100) from generate_series(1, 1000)",
  "insert into log select 'x' from generate_series(1, 2000)",
  "insert into scratch (note) values (repeat('z', 9000))",
  "insert into parts values (1, '2025-03-01'), (2, '2026-03-01'); insert into of_parts values (1, '2025-03-01')",
  "insert into parts select n, '2025-03-01' from generate_series(1, 2000) n; insert into of_parts values (7, '2025-03-01')",
  "insert into parents values (1); insert into children values (2, 3)",
  "insert into emptied values (2); update emptied set id = 3",
  "insert into ruled values (1)",
  "insert into eager values (1)",
  "truncate items cascade; insert into log values ('y')",
  "truncate log, items, tenant.orders restart identity cascade",
  "select nextval('tickets'), nextval('kinds_id_seq')",
  "select setval('items_id_seq', 77, false)",
  "alter sequence tickets restart with 55",
  "alter table items alter column id restart",
  "insert into kinds (id, name) values (9, 'nine'); delete from kinds where id = 9",
  "select from kinds for update",
  "begin; create table gone (id integer); alter table kinds add column more text; rollback",
  "begin; update kinds set name = 'x' where id = 1; create policy more on kinds; rollback",
  "analyze; insert into log values ('z'); analyze log",
  "reindex table items",
  "create temporary table passing (id integer); insert into passing values (1)",
];

/** What takes a superuser to put back: rows of the migrations refer to what was written to, or it may not be read. */
export const USES_BY_SUPERUSERS: readonly string[] = [
  "insert into large select n, repeat('x', 100) from generate_series(1, 500) n",
  "insert into large values (1)",
  "do $$ begin perform lo_unlink(lo_create(0)); raise exception 'x'; exception when others then null; end $$",
];

/** What is done outside of a transaction. */
export const USES_ALONE: readonly string[] = ["vacuum", "vacuum freeze kinds", "vacuum (analyze) items"];

/** DDL, and what is done to rows of the migrations: a new clone is made afterwards. */
export const CHANGES: readonly string[] = [
  // relations
  "create table extra (id integer)",
  "drop table log",
  "drop table log; create table log (what text, at timestamptz default now())",
  "alter table log rename to other; alter table other rename to log",
  "alter table log rename to other",
  "alter table log set schema tenant",
  "alter table log set unlogged",
  "alter table scratch set logged",
  "alter table log set (fillfactor = 50)",
  "alter table log set (toast.autovacuum_enabled = false)",
  "alter table log enable row level security",
  "alter table tenant.orders force row level security",
  "alter table log replica identity full",
  "alter table items cluster on items_name",
  "cluster items using items_name",
  "alter table children no inherit parents",
  "alter table parts detach partition parts_2",
  "create table parts_3 partition of parts default",
  "create view extra as select 1 as one",
  "create or replace view names as select name, 1 as one from kinds",
  "alter view names set (security_barrier = true)",
  "drop view names",
  "drop materialized view census",
  "refresh materialized view census",
  "refresh materialized view later",
  "create sequence extra",
  "alter sequence tickets increment by 7",
  "alter sequence tickets owned by items.id",
  "alter sequence tickets rename to a; alter sequence kinds_id_seq rename to tickets; alter sequence a rename to kinds_id_seq",
  "alter index items_name rename to a; alter index items_amount rename to items_name; alter index a rename to items_amount",
  "create index extra on log (what)",
  "drop index items_name",
  "alter index items_name alter column 1 set statistics 100",
  "alter index items_name set (fillfactor = 70)",
  "alter table items add constraint extra unique using index items_extra",
  // columns and constraints
  "alter table log add column extra text",
  "alter table log drop column what",
  "alter table log rename column what to which",
  "alter table log rename column what to which; alter table log rename column which to what",
  "alter table log alter column what type varchar(9)",
  "alter table log alter column what set default 'x'",
  "alter table log alter column at drop default",
  "alter table log alter column what set not null",
  "alter table log alter column what set storage plain",
  "alter table log alter column what set statistics 10",
  "alter table log alter column what set (n_distinct = 5)",
  "alter table items alter column id drop identity",
  "alter table items alter column id set generated by default",
  "alter table items add constraint extra check (amount < 100) not valid",
  "alter table items drop constraint positive",
  "alter table items rename constraint positive to other",
  "alter table items alter constraint items_kind_fkey deferrable",
  "alter table items drop constraint items_kind_fkey",
  // types
  "alter type mood add value 'happy'",
  "alter type mood rename value 'ok' to 'fine'",
  "create type extra as enum ('a')",
  "create type extra as (a integer)",
  "alter type place add attribute z integer",
  "alter type place rename attribute x to u",
  "alter type place rename attribute x to u; alter type place rename attribute u to x",
  "create type extra as range (subtype = integer)",
  "alter domain email drop constraint known",
  "alter domain email add constraint more check (value <> '')",
  "alter domain email set default 'x@y'",
  "drop type mood cascade",
  "create cast (mood as place) with inout as assignment",
  // routines, operators and text
  "create or replace function twice(n integer) returns integer language sql immutable as 'select 3 * n'",
  "alter function twice cost 7",
  "alter function twice set search_path = public",
  "alter function twice depends on extension plpgsql",
  "revoke execute on function twice from public",
  "create function extra() returns integer language sql as 'select 1'",
  "create function twice(n bigint) returns bigint language sql as 'select n'",
  "drop function twice",
  "drop procedure nothing",
  "drop aggregate product(integer)",
  "drop operator === (integer, integer)",
  "alter operator === (integer, integer) set (restrict = eqsel)",
  "create collation extra (provider = libc, locale = 'POSIX')",
  "alter collation nordic rename to southern",
  "create conversion extra for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1",
  "alter text search configuration searching drop mapping for asciiword",
  "alter text search dictionary plain (accept = false)",
  "create text search dictionary extra (template = pg_catalog.simple)",
  // what hangs on tables
  "alter table items disable trigger stamped",
  "alter table items enable always trigger stamped",
  "drop trigger stamped on items",
  "create trigger extra before insert on log for each row execute function suppress_redundant_updates_trigger()",
  "alter trigger stamped on items rename to other",
  "create rule extra as on insert to log do instead nothing",
  "drop rule ignored on ruled",
  "alter table ruled disable rule ignored",
  "create policy extra on log using (true)",
  "alter policy own on tenant.orders using (false)",
  "drop policy own on tenant.orders",
  "create statistics extra on what, at from log",
  "alter statistics items_stats set statistics 10",
  // schemas, grants, comments
  "create schema extra",
  "drop schema tenant cascade",
  "alter schema tenant rename to other",
  "alter schema tenant rename to other; alter schema other rename to tenant",
  "grant usage on schema tenant to pg_monitor",
  "grant insert on log to pg_monitor",
  "grant update (what) on log to pg_monitor",
  "revoke select on kinds from pg_monitor",
  "grant usage on type mood to pg_monitor",
  "alter default privileges in schema tenant grant insert on tables to pg_monitor",
  "alter default privileges revoke execute on functions from public",
  "comment on table kinds is 'other'",
  "comment on table kinds is null",
  "comment on column kinds.name is 'other'",
  "comment on constraint known on domain email is 'other'",
  // the database
  "create publication extra",
  "alter publication feed add table items",
  "drop publication feed",
  "alter publication feed set (publish = 'insert')",
  "create extension citext",
  "create extension hstore schema tenant",
  "do $$ begin execute format('comment on database %I is ''other''', current_database()); end $$",
  "do $$ begin execute format('alter database %I set work_mem = ''5MB''', current_database()); end $$",
  "do $$ begin execute format('alter role current_user in database %I set work_mem = ''5MB''', current_database()); end $$",
  "do $$ begin execute format('alter database %I connection limit 5', current_database()); end $$",
  "do $$ begin execute format('alter database %I is_template true', current_database()); end $$",
  "do $$ begin execute format('grant create on database %I to pg_monitor', current_database()); end $$",
  "do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$",
  "select lo_create(0)",
  "select lo_from_bytea(0, 'x')",
  // rows of the migrations
  "insert into kinds (name) values ('four')",
  "update kinds set name = 'four' where id = 1",
  "update kinds set name = name",
  "delete from kinds where id = 2",
  "delete from kinds where id = 2; insert into kinds (id, name) values (2, 'two')",
  "truncate kinds cascade",
];

/** What only a superuser may do. */
export const CHANGES_BY_SUPERUSERS: readonly string[] = [
  "create function told() returns event_trigger language plpgsql as 'begin end'; create event trigger extra on ddl_command_start execute function told()",
  "alter event trigger seen disable",
  "drop event trigger seen",
  "create foreign data wrapper extra",
  "alter foreign data wrapper somewhere options (add a 'b')",
  "create server extra foreign data wrapper somewhere",
  "alter server there options (add a 'b')",
  "alter user mapping for current_user server there options (add user 'x')",
  "create user mapping for public server there",
  "drop user mapping for current_user server there",
  "create foreign table extra (id integer) server there",
  "alter foreign table far options (add a 'b')",
  "alter table log owner to pg_monitor",
  "alter schema tenant owner to pg_monitor",
  "alter function twice owner to pg_monitor",
  "do $$ begin execute format('alter database %I owner to pg_monitor', current_database()); end $$",
  "alter language plpgsql rename to other",
  "create trusted language extra handler plpgsql_call_handler",
  "create access method extra type table handler heap_tableam_handler",
  "create transform for integer language plpgsql (from sql with function prsd_lextype(internal))",
  "create cast (text as integer) with inout as implicit",
  "create operator class extra for type integer using btree as operator 3 =, function 1 btint4cmp(integer, integer)",
  "create operator family extra using btree",
  "create text search parser extra (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)",
  "create text search template extra (lexize = dsimple_lexize)",
  "create publication extra for all tables",
  "create publication extra for tables in schema tenant",
  "create subscription extra connection 'host=127.0.0.1' publication nowhere with (connect = false)",
  "alter extension plpgsql add function twice",
  "comment on function pg_catalog.now() is 'other'",
  "grant execute on function pg_catalog.pg_stat_file(text) to pg_monitor",
  "grant select on pg_catalog.pg_authid to pg_monitor",
  "alter function pg_catalog.now() cost 2",
  "create function pg_catalog.age(integer) returns integer language sql as 'select 1'",
  "select lo_put(4711, 0, 'other')",
  "comment on large object 4711 is 'other'",
  "select lo_unlink(4711)",
  // what providers of labels write
  "insert into pg_seclabel values ('log'::regclass, 'pg_class'::regclass, 0, 'provider', 'label')",
  "insert into pg_shseclabel select oid, 'pg_database'::regclass, 'provider', 'label' from pg_catalog.pg_database where datname = current_database()",
  "create table planted (id integer) tablespace pg_default; alter table planted set schema pg_catalog",
];

/** What a superuser's migrations make besides. */
export const TEMPLATE_OF_SUPERUSERS = `
create function seeing() returns event_trigger language plpgsql as 'begin end';
create event trigger seen on ddl_command_end execute function seeing();
create foreign data wrapper somewhere;
create server there foreign data wrapper somewhere;
create user mapping for current_user server there;
create foreign table far (id integer) server there;
select lo_from_bytea(4711, 'x');
create table large (id integer primary key, what text);
create table optional (id integer primary key, large integer references large);
insert into optional values (1, null);
`;
