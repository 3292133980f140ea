/** The schema itself, and what Postgres keeps of objects of any kind: comments, labels, dependencies, extensions, default privileges. */
import { comment, exists, existsAny, exploded, grants, isMember, role } from "../expressions.ts";
import { type Definition, detail, type Kind, none, outside } from "../kind.ts";

/**
 * What the owner of a schema may do there goes without saying, and differs by its nature: `public` has an owner of
 * its own kind. That everybody may look into it is made so only in units that name another role than their owner.
 * The comment that `public` is born with is none.
 */
const itself: Definition = {
  only: "schema",
  object: ["n.nspname", "'schema'", "'itself'"],
  data: {
    grants: exploded(
      "coalesce(s.nspacl, acldefault('n', s.nspowner))",
      "s.nspowner",
      `ace.grantee in (s.nspowner, 'pg_database_owner'::regrole, (select r.oid from pg_roles r where r.rolname = current_user))
      or (ace.grantee = 0 and ace.privilege_type = 'USAGE')`,
    ),
    comment: `nullif(${comment("pg_namespace", "s.oid")}, 'standard public schema')`,
  },
  from: "ns n join pg_namespace s on s.oid = n.oid",
};

const schema: Kind = {
  catalog: "pg_namespace",
  place: none("it is the place of others"),
  definitions: [
    itself,
    {
      only: "outside",
      object: ["n.nspname", "'schema'", "quote_ident(n.nspname)"],
      fields: {
        owner: role("s.nspowner"),
        grants: grants("s.nspacl", "'n'", "s.nspowner"),
        comment: comment("pg_namespace", "s.oid"),
      },
      from: `ns n join pg_namespace s on s.oid = n.oid where not ${isMember("pg_namespace", "n.oid")}`,
    },
  ],
};

const DEFAULT_ACL_KIND = `case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
  when 'T' then 'types' when 'n' then 'schemas' else d.defaclobjtype::text end`;

const defaultsOf = (schema: string, rest: string): Definition => ({
  object: [
    schema,
    "'default privileges'",
    `${DEFAULT_ACL_KIND} || ' made by ' || quote_ident(${role("d.defaclrole")})`,
  ],
  data: { grants: exploded("d.defaclacl", "d.defaclrole") },
  from: `pg_default_acl d ${rest}`,
  there: existsAny("pg_default_acl"),
});

const defaultPrivileges: Kind = {
  catalog: "pg_default_acl",
  place: none("they have no name, and depend on nothing but the schema and on roles"),
  definitions: [
    defaultsOf("n.nspname", "join ns n on n.oid = d.defaclnamespace"),
    { ...defaultsOf("''", "where d.defaclnamespace = 0"), only: "outside" },
  ],
};

const extension: Kind = outside("pg_extension", "'extension'", {
  name: "quote_ident(x.extname)",
  fields: { version: "x.extversion", schema: "x.extnamespace::regnamespace::text", owner: role("x.extowner") },
});

const label: Kind = outside("pg_seclabel", "'security label'", {
  name: "x.provider || ' on ' || i.type || ' ' || i.identity",
  fields: { label: "x.label" },
  from: "pg_seclabel x, lateral pg_identify_object(x.classoid, x.objoid, x.objsubid) i",
});

const description: Kind = detail("pg_description", "what it is on");

/** `ALTER … DEPENDS ON EXTENSION`. */
const dependency: Kind = {
  catalog: "pg_depend",
  place: none("it is how places are known"),
  definitions: [
    {
      object: ["n.nspname", "'extension dependency'", "i.type || ' ' || i.identity || ' on ' || e.extname"],
      from: `pg_depend d join pg_extension e on e.oid = d.refobjid,
  lateral (select coalesce(
    case d.classid when 'pg_class'::regclass then (select relnamespace from pg_class where oid = d.objid) end,
    case d.classid when 'pg_proc'::regclass then (select pronamespace from pg_proc where oid = d.objid) end,
    case d.classid when 'pg_trigger'::regclass then (select c.relnamespace from pg_trigger t join pg_class c on c.oid = t.tgrelid where t.oid = d.objid) end
  ) as namespace) o join ns n on n.oid = o.namespace,
  lateral pg_identify_object(d.classid, d.objid, d.objsubid) i
where d.refclassid = 'pg_extension'::regclass and d.deptype = 'x'`,
      there: exists("pg_depend", "refclassid = 'pg_extension'::regclass and deptype = 'x'"),
    },
  ],
};

export const SCHEMA_KINDS: readonly Kind[] = [schema, defaultPrivileges, extension, label, description, dependency];
