/** What the grounds for the forms in drizzle/ ask Postgres: everything in a schema as lines, and decoys for all names. */

const member = (catalog: string, oid: string): string =>
  `exists (select from pg_depend e where e.classid = '${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;

/** $1 is one schema, or empty for all that are not Postgres', Drizzle's or ours. */
const NS = `with ns as (select oid, nspname, nspacl, nspowner from pg_namespace
  where case when $1 <> '' then nspname = $1 else nspname !~ '^(pg_|information_schema$|with_test_db|it_|drizzle$)' end)`;

const acl = (column: string, letter: string, owner: string): string =>
  `(select jsonb_agg(x order by x) from (select concat_ws(' ', nullif(a.grantee, 0)::regrole, a.privilege_type, a.is_grantable) as x
     from aclexplode(coalesce(${column}, acldefault('${letter}', ${owner}))) a) x)`;

/** Everything but rows, as lines. */
export const FACTS: string = [
  `${NS} select format('relation %s.%I %s', ns.nspname, c.relname, jsonb_build_array(c.relkind, c.relpersistence, c.relreplident,
      c.relrowsecurity, c.relforcerowsecurity, c.relispopulated, c.reloptions, c.relowner::regrole,
      (select reloptions from pg_class t where t.oid = c.reltoastrelid), pg_get_expr(c.relpartbound, c.oid, true),
      case c.relkind when 'p' then pg_get_partkeydef(c.oid) end,
      (select jsonb_agg(format('%s %s', i.inhseqno, i.inhparent::regclass)) from pg_inherits i where i.inhrelid = c.oid),
      case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid, true) end,
      case when c.relkind in ('r', 'p', 'v', 'm', 'f') then ${acl("c.relacl", "r", "c.relowner")}
           when c.relkind = 'S' then ${acl("c.relacl", "s", "c.relowner")} end)) as line
    from pg_class c join ns on ns.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c') and not ${member("pg_class", "c.oid")} and not ${member("pg_type", "c.reltype")}`,
  `${NS} select format('column %s.%I.%I %s', ns.nspname, c.relname, a.attname, jsonb_build_array(
      (select count(*) from pg_attribute b where b.attrelid = c.oid and b.attnum between 1 and a.attnum and not b.attisdropped),
      format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation, a.attnotnull, a.attidentity, a.attgenerated, a.attstorage,
      a.attcompression, coalesce(a.attstattarget, -1),
      -- PostgreSQL 15.20 counts versions of its own there
      (select array_agg(o) from unnest(a.attoptions) o where o not like 'pg_attver=%'), a.attislocal, a.attinhcount, pg_get_expr(d.adbin, d.adrelid, true),
      a.attacl)) as line
    from pg_class c join ns on ns.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and a.attnum > 0 and not a.attisdropped
      and not ${member("pg_class", "c.oid")} and not ${member("pg_type", "c.reltype")}`,
  `${NS} select format('constraint %s.%I %s', coalesce(k.conrelid::regclass::text, k.contypid::regtype::text), k.conname, jsonb_build_array(
      k.contype, pg_get_constraintdef(k.oid, true), k.condeferrable, k.condeferred, k.convalidated, k.conislocal, k.coninhcount, case k.contype when 'c' then k.connoinherit end)) as line
    from pg_constraint k join ns on ns.oid = k.connamespace where (k.conparentid = 0 or k.contype <> 'f') and not ${member("pg_class", "k.conrelid")} and not ${member("pg_type", "k.contypid")}`,
  `${NS} select format('index %s.%I %s', ns.nspname, c.relname, jsonb_build_array(pg_get_indexdef(c.oid, 0, true), i.indisunique, i.indisvalid,
      i.indisclustered, i.indisreplident, i.indimmediate, i.indnullsnotdistinct, c.reloptions)) as line
    from pg_class c join ns on ns.oid = c.relnamespace join pg_index i on i.indexrelid = c.oid where not ${member("pg_class", "i.indrelid")}`,
  `${NS} select format('sequence %s.%I %s', ns.nspname, c.relname, jsonb_build_array(s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax,
      s.seqmin, s.seqcache, s.seqcycle,
      (select format('%s %s %s', d.refobjid::regclass, d.refobjsubid > 0, d.deptype) from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))) as line
    from pg_class c join ns on ns.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid`,
  `${NS} select format('type %s.%I %s', ns.nspname, t.typname, jsonb_build_array(t.typtype, t.typcategory, t.typnotnull, t.typdefault,
      case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod) end, t.typcollation::regcollation, t.typowner::regrole, t.typdelim,
      (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
      (select jsonb_build_array(r.rngsubtype::regtype, r.rngmultitypid::regtype, r.rngsubdiff, r.rngcanonical, r.rngcollation::regcollation)
         from pg_range r where r.rngtypid = t.oid), ${acl("t.typacl", "T", "t.typowner")})) as line
    from pg_type t join ns on ns.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
    where (t.typrelid = 0 or c.relkind = 'c') and t.typcategory <> 'A' and not ${member("pg_type", "t.oid")}`,
  `${NS} select format('routine %s.%I(%s) %s', ns.nspname, p.proname, pg_get_function_arguments(p.oid), jsonb_build_array(p.prokind,
      pg_get_function_result(p.oid), l.lanname, p.procost, p.prorows, p.provolatile, p.proisstrict, p.prosecdef, p.proleakproof, p.proparallel,
      p.proconfig, p.prosrc, p.probin, pg_get_function_sqlbody(p.oid), p.prosupport, p.proowner::regrole, ${acl("p.proacl", "f", "p.proowner")},
      (select jsonb_build_array(g.aggkind, g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.agginitval, g.aggsortop::regoperator, g.aggtranstype::regtype)
         from pg_aggregate g where g.aggfnoid = p.oid))) as line
    from pg_proc p join ns on ns.oid = p.pronamespace join pg_language l on l.oid = p.prolang where not ${member("pg_proc", "p.oid")}`,
  `${NS} select format('trigger %s %I %s', t.tgrelid::regclass, t.tgname, jsonb_build_array(pg_get_triggerdef(t.oid, true), t.tgenabled)) as line
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join ns on ns.oid = c.relnamespace where not t.tgisinternal`,
  `${NS} select format('internal trigger %s %s', t.tgrelid::regclass, t.tgenabled) as line
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join ns on ns.oid = c.relnamespace where t.tgisinternal`,
  `${NS} select format('rule %s %I %s', r.ev_class::regclass, r.rulename, jsonb_build_array(pg_get_ruledef(r.oid, true), r.ev_enabled)) as line
    from pg_rewrite r join pg_class c on c.oid = r.ev_class join ns on ns.oid = c.relnamespace
    where not ${member("pg_class", "c.oid")}`,
  `${NS} select format('policy %s %I %s', p.polrelid::regclass, p.polname, jsonb_build_array(p.polcmd, p.polpermissive,
      (select jsonb_agg(case o when 0 then 'public' else o::regrole::text end) from unnest(p.polroles) o),
      pg_get_expr(p.polqual, p.polrelid, true), pg_get_expr(p.polwithcheck, p.polrelid, true))) as line
    from pg_policy p join pg_class c on c.oid = p.polrelid join ns on ns.oid = c.relnamespace`,
  `${NS} select format('statistics %s.%I %s', ns.nspname, s.stxname, jsonb_build_array(pg_get_statisticsobjdef(s.oid), coalesce(s.stxstattarget, -1))) as line
    from pg_statistic_ext s join ns on ns.oid = s.stxnamespace`,
  `${NS} select format('operator %s %s', o.oid::regoperator, jsonb_build_array(o.oprcode::regprocedure, o.oprcom::regoperator, o.oprnegate::regoperator,
      o.oprcanhash, o.oprcanmerge, o.oprrest, o.oprjoin, o.oprresult::regtype)) as line
    from pg_operator o join ns on ns.oid = o.oprnamespace where not ${member("pg_operator", "o.oid")}`,
  `${NS} select format('operator class %s.%I %s', ns.nspname, o.opcname, jsonb_build_array(o.opcdefault, o.opcintype::regtype, f.opfname,
      (select jsonb_agg(format('%s %s', m.amopstrategy, m.amopopr::regoperator) order by m.amopstrategy) from pg_amop m where m.amopfamily = f.oid),
      (select jsonb_agg(format('%s %s', m.amprocnum, m.amproc::regprocedure) order by m.amprocnum) from pg_amproc m where m.amprocfamily = f.oid))) as line
    from pg_opclass o join ns on ns.oid = o.opcnamespace join pg_opfamily f on f.oid = o.opcfamily where not ${member("pg_opclass", "o.oid")}`,
  `${NS} select format('collation %s.%I %s', ns.nspname, o.collname, to_jsonb(o) - array['oid', 'collnamespace', 'collowner', 'collversion']) as line
    from pg_collation o join ns on ns.oid = o.collnamespace where not ${member("pg_collation", "o.oid")}`,
  `${NS} select format('text search configuration %s.%I %s', ns.nspname, o.cfgname, (select jsonb_agg(format('%s %s %s', m.maptokentype, m.mapseqno,
      m.mapdict::regdictionary) order by m.maptokentype, m.mapseqno) from pg_ts_config_map m where m.mapcfg = o.oid)) as line
    from pg_ts_config o join ns on ns.oid = o.cfgnamespace where not ${member("pg_ts_config", "o.oid")}`,
  `${NS} select format('text search dictionary %s.%I %s', ns.nspname, o.dictname, o.dictinitoption) as line
    from pg_ts_dict o join ns on ns.oid = o.dictnamespace where not ${member("pg_ts_dict", "o.oid")}`,
  `${NS} select format('default privileges %s %s %s', d.defaclrole::regrole, d.defaclobjtype, d.defaclacl) as line
    from pg_default_acl d left join ns on ns.oid = d.defaclnamespace where ns.oid is not null or d.defaclnamespace = 0 and $1 = ''`,
  `select format('comment %s %s %s', i.type, i.identity, d.description) as line
    from pg_description d, lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    where d.objoid >= 16384 and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
      and case when $1 <> '' then i.schema = $1 or i.identity like '% on %' || $1 || '.%'
          else coalesce(i.schema, '') !~ '^(with_test_db|it_)' and i.identity !~ '\\m(with_test_db|it_|procedural)' end`,
  // what belongs to the database itself
  `select format('extension %s %s %s', e.extname, e.extversion, e.extnamespace::regnamespace) as line from pg_extension e where $1 = ''`,
  `${NS} select format('schema %s %s %s', ns.nspname, ns.nspowner::regrole, ${acl("ns.nspacl", "n", "ns.nspowner")}) as line from ns where $1 = ''`,
  `select format('publication %s %s %s', p.pubname, to_jsonb(p) - array['oid', 'pubowner'], (select jsonb_agg(r.prrelid::regclass order by r.prrelid)
      from pg_publication_rel r where r.prpubid = p.oid)) as line from pg_publication p where $1 = ''`,
  `select format('event trigger %s %s %s %s %s', t.evtname, t.evtevent, t.evtfoid::regprocedure, t.evtenabled, t.evttags) as line from pg_event_trigger t where $1 = ''`,
  `select format('large object %s %s', l.oid, encode(lo_get(l.oid), 'hex')) as line from pg_largeobject_metadata l where $1 = ''`,
  `select format('cast %s %s %s %s %s', c.castsource::regtype, c.casttarget::regtype, nullif(c.castfunc, 0)::regprocedure, c.castcontext, c.castmethod) as line
    from pg_cast c where c.oid >= 16384 and $1 = '' and not ${member("pg_cast", "c.oid")}
     and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype = 'i')`,
  `select format('foreign server %s %s', s.srvname, s.srvoptions) as line from pg_foreign_server s where $1 = ''`,
  `select format('database setting %s %s', s.setrole, s.setconfig) as line from pg_db_role_setting s
    where $1 = '' and s.setdatabase = (select oid from pg_database where datname = current_database())`,
]
  .map((query) => `(${query})`)
  .join("\nunion all\n");

/**
 * A query for each table and sequence that gives one line: its rows, in any order; where there are few, the rows
 * themselves, so that a difference shows.
 */
export const CONTENTS: string = `${NS}
  select case c.relkind when 'S' then format('select %L || last_value || '' '' || is_called as line from %I.%I', label, ns.nspname, c.relname)
      else format('select %L || count(*) || '' '' || case when count(*) < 20 then coalesce(string_agg(t::text, '' '' order by t::text collate "C"), '''')
        else md5(string_agg(t::text, '''' order by t::text collate "C")) end as line from only %I.%I t', label, ns.nspname, c.relname) end as line
    from pg_class c join ns on ns.oid = c.relnamespace, lateral (select format('rows %s.%I ', ns.nspname, c.relname) as label) l
   where c.relkind in ('r', 'm', 'S') and c.relispopulated and not ${member("pg_class", "c.oid")}`;

/** A decoy for every name in `public`: statements that are each tried, since a few need what is not there. */
export const POISON = `
with own as (select oid from pg_namespace where nspname = 'public'),
tables as (
  select c.relname from pg_class c join own on own.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f') and not ${member("pg_class", "c.oid")}
), statements(step, statement) as (
  select 1, format('create table public.%I (decoy integer)', relname) from tables
  union all select 2, format('insert into public.%I values (666)', relname) from tables
  union all
  select 1, format('create sequence public.%I start 666000', c.relname) from pg_class c join own on own.oid = c.relnamespace
    where c.relkind = 'S' and not ${member("pg_class", "c.oid")}
  union all
  select 1, format('create type public.%I as enum (''decoy'')', t.typname) from pg_type t join own on own.oid = t.typnamespace
    left join pg_class c on c.oid = t.typrelid
    where (t.typrelid = 0 or c.relkind = 'c') and t.typcategory <> 'A' and not ${member("pg_type", "t.oid")}
  union all
  select 3, format('alter table public.%I add constraint %I check (decoy > 0)', c.relname, k.conname) from pg_constraint k
    join pg_class c on c.oid = k.conrelid join own on own.oid = k.connamespace where not ${member("pg_class", "c.oid")}
  union all
  select 4, format('create index %I on public.%I (decoy)', i.relname, c.relname) from pg_index x join pg_class i on i.oid = x.indexrelid
    join pg_class c on c.oid = x.indrelid join own on own.oid = c.relnamespace where not ${member("pg_class", "c.oid")}
  union all
  select 5, format('create %s public.%I(%s) %s language plpgsql as %L', case p.prokind when 'p' then 'procedure' else 'function' end, p.proname,
      pg_get_function_identity_arguments(p.oid), case p.prokind when 'p' then '' else 'returns ' || p.prorettype::regtype end,
      'begin raise exception ''the decoy was called''; end')
    from pg_proc p join own on own.oid = p.pronamespace where p.prokind in ('f', 'p') and not ${member("pg_proc", "p.oid")}
)
select format('do $poison$ begin %s; exception when others then null; end $poison$;', statement) as sql from statements order by step, statement`;
