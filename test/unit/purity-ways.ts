/** Ways to change a unit of the zoo by SQL, beside those in which a replay may differ from its origin. */
import { SABOTAGES, SABOTAGES_18 } from "../proof/sabotage.ts";
import { ZOO, ZOO_18 } from "../proof/zoo.ts";

/** Without what names its schema in text, which is not what is asked here. */
const plainly = (sql: string): string => sql.replaceAll("public.", "").replaceAll("'public'", "'plain'");

/** Functions of the zoo that are about such text. */
const ABOUT_TEXT = /create function (in_path|label_of)\([\s\S]*?\$\$;\n/g;

/** The migrations, for a server of at least that version. */
export const zoo = (serverVersion: number): string =>
  plainly((serverVersion >= 180000 ? ZOO + ZOO_18 : ZOO).replace(ABOUT_TEXT, ""));

/** The same for somebody who is no superuser. */
export const smallZoo = (serverVersion: number): string =>
  zoo(serverVersion)
    .split(/;\n/)
    .filter((statement) => !NEEDS_SUPERUSER.test(statement))
    .join(";\n");

const NEEDS_SUPERUSER =
  /create type pair\b|language internal|operator (family|class)|text search (parser|template)|force row level|revoke insert/;

const RENAMED = [
  "alter type point3 rename attribute y to why cascade",
  "alter type point3 add attribute w integer cascade",
  "alter table keepers drop column place; alter type point3 alter attribute z type varchar(3) cascade",
  "alter index keepers_lower rename to keepers_upper",
  swapped("index", "keepers_lower", "keepers_code"),
  swapped("sequence", "untouched", "set_not_called"),
  swapped("table", "parents", "feedings"),
  swapped("view", "seniors", "open_view"),
  swapped("statistics", "keepers_stats", "keepers_expr"),
  "alter table keepers rename column name to named; alter table keepers rename column email to name; alter table keepers rename column named to email",
  "alter table keepers rename constraint plausible to likely",
  "alter index keepers_code rename column code to coding",
  "alter policy own on keepers rename to theirs",
  "alter trigger touch on keepers rename to touched",
  "alter rule no_delete on keepers rename to never_delete",
  "alter function double(integer, integer) rename to twice",
  "alter type mood rename to humour",
  "alter domain tone rename constraint tone_check to tone_checked",
  "alter text search parser words rename to others",
  "alter text search template bare rename to other",
  "alter conversion to_latin rename to other",
  "alter collation nordic rename to southern",
  "alter operator family numbers using btree rename to figures",
];

function swapped(kind: string, one: string, other: string): string {
  return [`${one} rename to swap`, `${other} rename to ${one}`, `swap rename to ${other}`]
    .map((renaming) => `alter ${kind} ${renaming}`)
    .join("; ");
}

const ALTERED = [
  "alter collation nordic owner to pg_monitor",
  "alter table parents alter column name set statistics 5",
  "alter table parents set (toast.autovacuum_enabled = false)",
  "alter sequence tickets restart with 99",
  "alter sequence tickets as bigint",
  "alter function same_pair depends on extension plpgsql",
  "alter table parents set access method heap",
  "alter table feedings add column late timestamptz default now()",
  "alter table parents alter column name set default 'y'",
  "alter table children drop column extra",
  "alter table scratchpad set unlogged; alter table scratchpad set logged; alter table scratchpad set unlogged",
  "alter table keepers disable row level security; alter table keepers enable row level security",
  "create cast (mood as integer) with inout",
  "create table more partition of cages for values from ('2027-01-01') to ('2028-01-01')",
  "create or replace function touch() returns trigger language plpgsql as $$ begin return null; end $$",
  "create trigger more after truncate on feedings execute function touch()",
  "create index concurrently more on feedings (id)",
  "create domain more as mood; create view more_of_it as select null::more as more",
  "create aggregate more(text) (sfunc = textcat, stype = text)",
  "create extension tablefunc",
  "create table more as select * from keepers",
  "select * into more from keepers",
  "do $$ begin execute 'create table more (id integer)'; end $$",
  "begin; create table more (id integer); savepoint a; drop table more; commit",
  "begin; alter table feedings add column more integer; alter table feedings drop column more; commit",
  "grant all on all tables in schema it_zoo to public",
  "grant execute on all functions in schema it_zoo to pg_monitor",
  "grant create on schema it_zoo to pg_monitor with grant option",
  "revoke all on schema it_zoo from current_user",
  "alter default privileges in schema it_zoo grant all on sequences to public",
  "alter default privileges in schema it_zoo grant usage on types to pg_monitor",
  "reindex table keepers",
  "cluster keepers",
  "cluster keepers using keepers_pkey",
  "vacuum full keepers",
  "drop table keepers cascade",
  "drop schema it_zoo cascade",
];

const WRITTEN = [
  "insert into feedings (id) select generate_series(1, 3000)",
  "insert into scratchpad values (1)",
  "truncate keepers, cages, feedings",
  "truncate keepers restart identity cascade",
  "truncate parents; insert into parents values (1); insert into children values (2, 'z', 3)",
  "delete from children; delete from keepers; delete from only parents",
  "update keepers set age = age",
  "update keepers set age = null; update keepers set age = 20 where name = 'Bo'",
  "insert into keepers (name, age) values ('Di', 30)",
  "begin; insert into keepers (name, age) values ('Di', 30); rollback",
  "insert into cages (keeper_id, kind, opened) values (5, 'open', '2026-03-01'), (5, 'open', '2031-03-01')",
  `insert into "Odd ""name" values (2, null)`,
  `delete from "Odd ""name" where "select" = 1; insert into "Odd ""name" values (1)`,
  "insert into of_type values (1, 2, 'x')",
  "select nextval('keepers_id_seq'), nextval('cages_id_seq'), nextval('keepers_serial_no_seq')",
  "select setval('tickets', 10), setval('untouched', 5, false), setval('set_not_called', 1)",
  "update keepers set level = 'senior'; refresh materialized view census",
  "refresh materialized view census",
  "insert into names values ('Ed')",
  "insert into bins values ('a')",
  "create temp table feedings (id integer); insert into feedings values (1)",
  "create temp view keepers as select 1 as one",
  "analyze keepers",
  "select lo_create(0)",
];

const isAboutText = (sql: string): boolean => /\b(in_path|label_of)\b/.test(sql);

/** The name of the schema in them is `it_zoo`. */
export const WAYS: readonly string[] = [
  ...new Set([
    ...[...SABOTAGES, ...SABOTAGES_18].map(([, , sql]) => sql).filter((sql) => !isAboutText(sql)),
    ...RENAMED,
    ...ALTERED,
    ...WRITTEN,
  ]),
].map(plainly);
