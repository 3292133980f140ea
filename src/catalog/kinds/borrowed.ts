/** What is done to objects that came with the server or with an extension: no schema of ours holds them, and others share them. */
import { exists, isMember } from "../expressions.ts";
import type { Definition } from "../kind.ts";

type Details = Pick<Definition, "fields" | "data"> & { readonly where?: string };

/** Parts of extensions' tables, `c`, that the extension did not make. */
export const onMemberTable = (
  catalog: string,
  columns: { readonly name: string; readonly relation: string },
  kind: string,
  { where = "true", ...rest }: Details,
): Definition => ({
  ...ofMemberTable(kind, `quote_ident(x.${columns.name}) || ' on ' || c.oid::regclass::text`),
  ...rest,
  from: `${catalog} x, ${MEMBER_TABLE} and x.${columns.relation} = c.oid and not ${isMember(catalog, "x.oid")} and ${where}`,
});

/** Extensions' tables that have row security. */
export const rowSecurityOnMember = (): Definition => ({
  ...ofMemberTable("'row security on'", "c.oid::regclass::text"),
  fields: { forced: "c.relforcerowsecurity" },
  from: `${MEMBER_TABLE} and (c.relrowsecurity or c.relforcerowsecurity)`,
});

const MEMBER_TABLE = `pg_class c where c.relkind in ('r', 'p') and ${isMember("pg_class", "c.oid")}`;

const ofMemberTable = (kind: string, name: string): Pick<Definition, "only" | "object" | "there"> => ({
  only: "outside",
  object: ["''", kind, name],
  there: exists("pg_depend", "classid = 'pg_class'::regclass and deptype = 'e'"),
});

/** Grants other than those that the server or the extension made, by the prefix of columns and acldefault()'s letter for the kind. */
export const grantsOnBorrowed = (catalog: string, prefix: string, letter: string): Definition => {
  const acl = `x.${prefix}acl`;
  const usual = `acldefault('${letter}', x.${prefix}owner)`;
  return {
    only: "outside",
    object: ["''", "'grants on'", "i.type || ' ' || i.identity"],
    fields: { grants: `to_jsonb(${acl}::text[])` },
    from: `${catalog} x
  left join pg_init_privs p on p.classoid = '${catalog}'::regclass and p.objoid = x.oid and p.objsubid = 0,
  lateral pg_identify_object('${catalog}'::regclass, x.oid, 0) i
where ${acl} is not null and ${acl}::text is distinct from p.initprivs::text
  and (x.${prefix}namespace in ('pg_catalog'::regnamespace, (select oid from pg_namespace where nspname = 'information_schema'))
    or ${isMember(catalog, "x.oid")})
  -- the same as nothing granted
  and not coalesce(${acl} @> ${usual} and ${acl} <@ ${usual}, false)`,
  };
};
