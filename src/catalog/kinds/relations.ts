/** Relations: tables, views, sequences, and what Postgres keeps of them in other catalogs. */
import { comment, exists, flag, grants, isMember, options, role, tablespace } from "../expressions.ts";
import { detail, type Kind } from "../kind.ts";
import { SCRATCH, type Settling } from "../settling.ts";
import { grantsOnBorrowed, rowSecurityOnMember } from "./borrowed.ts";

const RELATION_KIND = `case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
  when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' end`;

const view: Settling = {
  fields: ["query"],
  trial: ({ schema, definition }) => ({
    make: `create view ${schema}.${SCRATCH} as ${definition("query")}`,
    read: "select pg_get_viewdef($1::text::regclass) as query",
    parameters: [`${schema}.${SCRATCH}`],
  }),
};

const partitionedTable: Settling = {
  fields: ["partitionKey"],
  trial: ({ schema, whole, definition }) => ({
    make: `create table ${schema}.${SCRATCH} (like ${whole}) partition by ${definition("partitionKey")}`,
    read: `select pg_get_partkeydef($1::text::regclass) as "partitionKey"`,
    parameters: [`${schema}.${SCRATCH}`],
  }),
};

const relation: Kind = {
  catalog: "pg_class",
  place: {
    name: "relname",
    schema: "relnamespace",
    // a composite type has a relation
    implied: "x.relkind = 'c'",
    // a row type or an index has no record of belonging to an extension
    borrowed: `${isMember("pg_type", "x.reltype")} or x.relkind in ('i', 'I')
      and ${isMember("pg_class", "(select i.indrelid from pg_index i where i.indexrelid = x.oid)")}`,
  },
  definitions: [
    {
      object: ["c.nspname", RELATION_KIND, "quote_ident(c.relname)"],
      fields: {
        persistence: "nullif(c.relpersistence, 'p')",
        rowSecurity: flag("c.relrowsecurity"),
        rowSecurityForced: flag("c.relforcerowsecurity"),
        replicaIdentity: "case when c.relkind in ('r', 'p', 'm') then c.relreplident end",
        ofType: "nullif(c.reloftype, 0)::regtype::text",
        partitionKey: "case c.relkind when 'p' then pg_get_partkeydef(c.oid) end",
        partitionBound: "pg_get_expr(c.relpartbound, c.oid)",
        parents:
          "(select jsonb_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid)",
        detaching: "(select true from pg_inherits i where i.inhrelid = c.oid and i.inhdetachpending limit 1)",
        // Postgres goes through what follows in the order in which it was made
        children: `case c.relkind when 'r' then (select jsonb_agg(i.inhrelid::regclass::text order by i.inhrelid)
    from pg_inherits i where i.inhparent = c.oid having count(*) > 1) end`,
        indexes: `(select jsonb_agg(p.relname order by i.indexrelid)
    from pg_index i join pg_class p on p.oid = i.indexrelid where i.indrelid = c.oid having count(*) > 1)`,
        foreignKeys: `(select jsonb_agg(x.conrelid::regclass::text || ' ' || x.conname order by t.oid)
    from pg_trigger t join pg_constraint x on x.oid = t.tgconstraint and x.contype = 'f' and x.conparentid = 0
   where t.tgrelid = c.oid having count(distinct x.oid) > 1)`,
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
      },
      data: {
        owner: role("c.relowner"),
        grants: grants("c.relacl", `case c.relkind when 'S' then 's' else 'r' end::"char"`, "c.relowner"),
        comment: comment("pg_class", "c.oid"),
        accessMethod: "(select amname from pg_am where oid = c.relam)",
        tablespace: tablespace("c.reltablespace"),
        options: options("c.reloptions"),
        toastOptions: options("(select t.reloptions from pg_class t where t.oid = c.reltoastrelid)"),
      },
      from: "rel c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')",
      there: exists("pg_class"),
    },
    rowSecurityOnMember(),
    grantsOnBorrowed("pg_class", "rel", "r"),
  ],
  settling: { view, "materialized view": view, "partitioned table": partitionedTable },
};

export const RELATION_KINDS: readonly Kind[] = [
  relation,
  detail("pg_inherits", "its relation"),
  detail("pg_sequence", "its relation"),
  detail("pg_foreign_table", "its relation"),
  detail("pg_partitioned_table", "its relation"),
];
