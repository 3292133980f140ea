/** Relations, and what hangs on them: columns, constraints, indexes, triggers, rules, policies, statistics. */
import {
  ANY,
  comment,
  FIRST_USER_OID,
  flag,
  grants,
  isMember,
  json,
  options,
  type Part,
  partOf,
  role,
} from "./kind.ts";

const RELATION_KIND = `case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
  when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' end`;

const tablespace = (oid: string): string => `(select spcname from pg_tablespace where oid = ${oid})`;

const relations: Part = partOf(
  "pg_class",
  `
select c.nspname, ${RELATION_KIND}, quote_ident(c.relname), ${json({
    owner: role("c.relowner"),
    grants: grants("c.relacl", `case c.relkind when 'S' then 's' else 'r' end::"char"`, "c.relowner"),
    comment: comment("pg_class", "c.oid"),
    persistence: "nullif(c.relpersistence, 'p')",
    accessMethod: "(select amname from pg_am where oid = c.relam)",
    tablespace: tablespace("c.reltablespace"),
    options: options("c.reloptions"),
    toastOptions: options("(select t.reloptions from pg_class t where t.oid = c.reltoastrelid)"),
    rowSecurity: flag("c.relrowsecurity"),
    rowSecurityForced: flag("c.relforcerowsecurity"),
    replicaIdentity: "case when c.relkind in ('r', 'p', 'm') then c.relreplident end",
    ofType: "nullif(c.reloftype, 0)::regtype::text",
    partitionKey: "case c.relkind when 'p' then pg_get_partkeydef(c.oid) end",
    partitionBound: "pg_get_expr(c.relpartbound, c.oid)",
    parents: `(select jsonb_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid)`,
    detaching: `(select true from pg_inherits i where i.inhrelid = c.oid and i.inhdetachpending limit 1)`,
    query: "case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end",
    populated: "case c.relkind when 'm' then c.relispopulated end",
    sequence: `case c.relkind when 'S' then (select jsonb_build_object('type', s.seqtypid::regtype::text, 'start', s.seqstart,
    'increment', s.seqincrement, 'min', s.seqmin, 'max', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle)
    from pg_sequence s where s.seqrelid = c.oid) end`,
    ownedBy: `case c.relkind when 'S' then (select jsonb_build_array(d.refobjid::regclass::text, a.attname, d.deptype)
    from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
      and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')) end`,
    foreign: `case c.relkind when 'f' then (select jsonb_build_object('server', s.srvname, 'options', f.ftoptions)
    from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid) end`,
  })}
from rel c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')`,
);

/** Their position counts live columns only: what was dropped leaves no trace in a copy. */
const columns: Part = partOf(
  "pg_class",
  `
select a.nspname, 'column', quote_ident(a.relname) || '.' || quote_ident(a.attname), ${json({
    position: "a.position",
    type: "format_type(a.atttypid, a.atttypmod)",
    collation:
      "case when a.attcollation <> (select typcollation from pg_type where oid = a.atttypid) then a.attcollation::regcollation::text end",
    notNull: flag("a.attnotnull"),
    default: "case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end",
    generated: "case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end",
    generatedAs: "nullif(a.attgenerated, '')",
    identity: "nullif(a.attidentity, '')",
    storage: "a.attstorage",
    compression: "nullif(a.attcompression, '')",
    statistics: "nullif(a.attstattarget, -1)",
    options: options("a.attoptions"),
    foreignOptions: "to_jsonb(a.attfdwoptions)",
    inherited: "case when a.attinhcount > 0 then jsonb_build_array(a.attislocal, a.attinhcount) end",
    grants: grants("a.attacl", "'c'", "a.relowner"),
    comment: comment("pg_class", "a.attrelid", "a.attnum"),
  })}
from (
  select c.nspname, c.relname, c.relowner, a.*,
    row_number() over (partition by a.attrelid order by a.attnum) as position
  from rel c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
) a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum`,
);

/**
 * A foreign key to a partitioned table has a clone for each partition, named as it happens; they follow from the
 * first. Postgres' own triggers are left out, but that somebody switched them off is part of their constraint.
 */
const constraints: Part = partOf(
  "pg_class",
  `
select c.nspname, 'constraint', quote_ident(c.relname) || '.' || quote_ident(k.conname), ${json({
    definition: "pg_get_constraintdef(k.oid)",
    validated: "k.convalidated",
    deferrable: flag("k.condeferrable"),
    deferred: flag("k.condeferred"),
    noInherit: "case when k.contype in ('c', 'n') then nullif(k.connoinherit, false) end",
    inherited: "case when k.coninhcount > 0 then jsonb_build_array(k.conislocal, k.coninhcount) end",
    index: "case when k.contype in ('p', 'u', 'x') then nullif(k.conindid, 0)::regclass::text end",
    triggers: `(select jsonb_agg(s order by s) from (select distinct t.tgrelid::regclass::text || ' ' || t.tgenabled::text as s
    from pg_trigger t where k.contype = 'f' and t.tgrelid in (k.conrelid, k.confrelid) and t.tgconstraint = k.oid
      and t.tgenabled <> 'O') states)`,
    comment: comment("pg_constraint", "k.oid"),
  })}
from rel c join pg_constraint k on k.conrelid = c.oid
where k.contype <> 't'
  -- the first half goes without saying, but the planner takes this for an anti join of one row otherwise
  and (k.conparentid = 0 or not exists (select from pg_constraint p where p.oid = k.conparentid and p.conrelid = k.conrelid))`,
);

const indexes: Part = partOf(
  "pg_class",
  `
select c.nspname, 'index', quote_ident(i.relname), ${json({
    definition: "pg_get_indexdef(x.indexrelid)",
    owner: role("i.relowner"),
    primary: flag("x.indisprimary"),
    invalid: flag("not (x.indisvalid and x.indisready and x.indislive)"),
    deferrable: flag("not x.indimmediate"),
    clustered: flag("x.indisclustered"),
    replicaIdentity: flag("x.indisreplident"),
    tablespace: tablespace("i.reltablespace"),
    parent: "(select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = i.oid)",
    statistics: `(select jsonb_object_agg(a.attnum, a.attstattarget) from pg_attribute a
    where a.attrelid = i.oid and a.attnum > 0 and a.attstattarget >= 0)`,
    comment: comment("pg_class", "i.oid"),
  })}
from rel c join pg_index x on x.indrelid = c.oid join pg_class i on i.oid = x.indexrelid`,
);

const triggers: Part = partOf(
  "pg_trigger",
  `
select c.nspname, 'trigger', quote_ident(c.relname) || '.' || quote_ident(t.tgname), ${json({
    definition: "pg_get_triggerdef(t.oid)",
    enabled: "t.tgenabled",
    parent: "(select p.tgrelid::regclass::text from pg_trigger p where p.oid = t.tgparentid)",
    comment: comment("pg_trigger", "t.oid"),
  })}
from rel c join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal`,
  ANY,
);

const rules: Part = partOf(
  "pg_rewrite",
  `
select c.nspname, 'rule', quote_ident(c.relname) || '.' || quote_ident(r.rulename), ${json({
    definition: "pg_get_ruledef(r.oid)",
    enabled: "r.ev_enabled",
    comment: comment("pg_rewrite", "r.oid"),
  })}
from rel c join pg_rewrite r on r.ev_class = c.oid where r.rulename <> '_RETURN'`,
  `oid >= ${FIRST_USER_OID} and rulename <> '_RETURN'`,
);

export const POLICY: string = json({
  command: "p.polcmd",
  permissive: "p.polpermissive",
  roles: `(select jsonb_agg(case o when 0 then 'PUBLIC' else quote_ident(${role("o")}) end order by case o when 0 then '' else ${role("o")} end collate "C")
    from unnest(p.polroles) o)`,
  using: "pg_get_expr(p.polqual, p.polrelid)",
  check: "pg_get_expr(p.polwithcheck, p.polrelid)",
  comment: comment("pg_policy", "p.oid"),
});

const policies: Part = partOf(
  "pg_policy",
  `
select c.nspname, 'policy', quote_ident(c.relname) || '.' || quote_ident(p.polname), ${POLICY}
from rel c join pg_policy p on p.polrelid = c.oid`,
  ANY,
);

const statistics: Part = partOf(
  "pg_statistic_ext",
  `
select n.nspname, 'statistics', quote_ident(s.stxname), ${json({
    definition: "pg_get_statisticsobjdef(s.oid)",
    owner: role("s.stxowner"),
    target: "nullif(s.stxstattarget, -1)",
    comment: comment("pg_statistic_ext", "s.oid"),
  })}
from pg_statistic_ext s join ns n on n.oid = s.stxnamespace where not ${isMember("pg_statistic_ext", "s.oid")}`,
  ANY,
);

export const RELATION_PARTS: readonly Part[] = [
  relations,
  columns,
  constraints,
  indexes,
  triggers,
  rules,
  policies,
  statistics,
];
