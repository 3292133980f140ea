/** What is done to objects that came with the server or with an extension: no schema of ours holds them, and others share them. */
import { exists, isMember } from "../expressions.ts";
import type { Definition } from "../kind.ts";

/** Whether `c` is an extension's table. */
export const MEMBER_TABLE: string = `c.relkind in ('r', 'p') and ${isMember("pg_class", "c.oid")}`;
export const MEMBER_TABLES_THERE: string = exists("pg_depend", "classid = 'pg_class'::regclass and deptype = 'e'");

/** The columns with grants, schema and owner, and the letter that acldefault() knows the kind by. */
interface Columns {
  readonly acl: string;
  readonly schema: string;
  readonly owner: string;
  readonly letter: string;
}

/** Grants other than those that the server or the extension made. */
export const grantsOnBorrowed = (catalog: string, { acl, schema, owner, letter }: Columns): Definition => ({
  only: "outside",
  schema: "''",
  kind: "'grants on'",
  name: "i.type || ' ' || i.identity",
  fields: { grants: `to_jsonb(x.${acl}::text[])` },
  from: `${catalog} x
  left join pg_init_privs p on p.classoid = '${catalog}'::regclass and p.objoid = x.oid and p.objsubid = 0,
  lateral pg_identify_object('${catalog}'::regclass, x.oid, 0) i
where x.${acl} is not null and x.${acl}::text is distinct from p.initprivs::text
  and (x.${schema} in ('pg_catalog'::regnamespace, (select oid from pg_namespace where nspname = 'information_schema'))
    or ${isMember(catalog, "x.oid")})
  -- the same as nothing granted
  and not coalesce(x.${acl} @> acldefault('${letter}', x.${owner}) and x.${acl} <@ acldefault('${letter}', x.${owner}), false)`,
});
