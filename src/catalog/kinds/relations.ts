/** Relations: tables, views, sequences, and what Postgres keeps of them in other catalogs. */
import { comment, exists, flag, grants, isMember, options, partName, role } from "../expressions.ts";
import { detail, type Kind, none } from "../kind.ts";
import { SCRATCH, type Settling } from "../settling.ts";
import { grantsOnBorrowed, rowSecurityOnMember } from "./borrowed.ts";

const RELATION_KIND = `case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
  when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' end`;

export const tablespace = (oid: string): string => `(select spcname from pg_tablespace where oid = ${oid})`;

const view: Settling = {
  fields: ["query"],
  trial: ({ schema, definition }) => ({
    make: `create view ${schema}.${SCRATCH.name} as ${definition("query")}`,
    read: "select pg_get_viewdef($1::text::regclass) as query",
    parameters: [`${schema}.${SCRATCH.name}`],
  }),
};

const partitionedTable: Settling = {
  fields: ["partitionKey"],
  trial: ({ schema, whole, definition }) => ({
    make: `create table ${schema}.${SCRATCH.name} (like ${whole}) partition by ${definition("partitionKey")}`,
    read: `select pg_get_partkeydef($1::text::regclass) as "partitionKey"`,
    parameters: [`${schema}.${SCRATCH.name}`],
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
  definitions: () => [
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
    grantsOnBorrowed("pg_class", "relacl", "relnamespace", "relowner", "r"),
  ],
  settling: { view, "materialized view": view, "partitioned table": partitionedTable },
  // TRUNCATE writes these rows anew, and is no change to the catalog
  proof: {
    columns: [
      "case relkind when 't' then '' else relname end",
      "relowner",
      "relam",
      "reltablespace",
      "relpersistence",
      "relkind",
      "relnatts",
      "relchecks",
      "relrowsecurity",
      "relforcerowsecurity",
      "relispopulated",
      "relreplident",
      "relispartition",
      "reloftype <> 0",
      "relacl",
      "reloptions",
    ],
    of: "relations, indexes and TOAST tables",
  },
};

const column: Kind = {
  catalog: "pg_attribute",
  place: none("Postgres records its dependencies as its relation's"),
  definitions: () => [
    {
      object: ["a.nspname", "'column'", partName("a.relname", "a.attname")],
      fields: {
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
        inherited: "case when a.attinhcount > 0 then jsonb_build_array(a.attislocal, a.attinhcount) end",
      },
      data: {
        options: options("a.attoptions"),
        foreignOptions: "to_jsonb(a.attfdwoptions)",
        grants: grants("a.attacl", "'c'", "a.relowner"),
        comment: comment("pg_class", "a.attrelid", "a.attnum"),
      },
      // the position counts live columns only: what was dropped leaves no trace in a copy
      from: `(
  select c.nspname, c.relname, c.relowner, a.*,
    row_number() over (partition by a.attrelid order by a.attnum) as position
  from rel c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
) a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum`,
      there: exists("pg_class"),
    },
  ],
  settling: {
    column: {
      fields: ["default", "generated"],
      trial({ schema, whole, part, has, definition }) {
        if (has("default")) {
          return {
            make: `alter table ${whole} alter column ${part} set default ${definition("default")}`,
            read: `select pg_get_expr(d.adbin, d.adrelid) as default from pg_attrdef d
        join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = $1::text::regclass and quote_ident(a.attname) = $2::text`,
            parameters: [whole, part],
          };
        }
        const kind = definition("generatedAs") === "v" ? "virtual" : "stored";
        const scratch = `${schema}.${SCRATCH.name}`;
        return {
          make: `create table ${scratch} (like ${whole});
      alter table ${scratch} drop column ${part};
      alter table ${scratch} add column ${part} ${definition("type")} generated always as (${definition("generated")}) ${kind}`,
          read: "select pg_get_expr(adbin, adrelid) as generated from pg_attrdef where adrelid = $1::text::regclass",
          parameters: [scratch],
        };
      },
    },
  },
  // not of indexes: their columns have but a statistics target, on which no result depends, and counting them would
  // make the proof slower by a fifteenth
  proof: [{ column: "attrelid", of: "relations", and: "attnum > 0" }],
};

const columnDefault: Kind = {
  ...detail("pg_attrdef", "its column", [{ column: "adrelid", of: "relations" }]),
  place: { partOf: { pg_class: "adrelid" } },
  settling: none("it is tried as a field of its column"),
};

export const RELATION_KINDS: readonly Kind[] = [
  relation,
  column,
  columnDefault,
  detail("pg_inherits", "its relation", [
    { column: "inhrelid", of: "relations and indexes" },
    { column: "inhparent", of: "relations and indexes" },
  ]),
  detail("pg_sequence", "its relation", [{ column: "seqrelid", of: "relations" }]),
  detail("pg_foreign_table", "its relation", [{ column: "ftrelid", of: "relations" }]),
  detail(
    "pg_partitioned_table",
    "its relation",
    none("it comes and goes with its relation, and its default partition with pg_inherits"),
  ),
];
