/** Columns of relations, and their defaults. */
import { comment, exists, flag, grants, options, partName } from "../expressions.ts";
import { detail, type Kind, none } from "../kind.ts";
import { SCRATCH } from "../settling.ts";

const column: Kind = {
  catalog: "pg_attribute",
  place: none("Postgres records its dependencies as its relation's"),
  definitions: [
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
        const scratch = `${schema}.${SCRATCH}`;
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
};

const columnDefault: Kind = {
  ...detail("pg_attrdef", "its column"),
  place: { partOf: { pg_class: "adrelid" } },
};

export const COLUMN_KINDS: readonly Kind[] = [column, columnDefault];
