/** What belongs to the whole cluster, or to a database in the eyes of the cluster. */
import { exploded, grants, role } from "../expressions.ts";
import { type Kind, outside } from "../kind.ts";

const CURRENT = "(select oid from pg_database where datname = current_database())";

export const CLUSTER_KINDS: readonly Kind[] = [
  outside("pg_database", "'database'", {
    name: "quote_ident(x.datname)",
    fields: { grants: grants("x.datacl", "'d'", "x.datdba"), comment: "shobj_description(x.oid, 'pg_database')" },
    from: `pg_database x where x.oid = ${CURRENT}`,
  }),
  outside("pg_db_role_setting", "case x.setdatabase when 0 then 'role setting' else 'database setting' end", {
    name: `coalesce(quote_ident(${role("nullif(x.setrole, 0)")}) || ' ', '') || split_part(o, '=', 1)`,
    fields: { value: "o" },
    from: `pg_db_role_setting x, unnest(x.setconfig) o where x.setdatabase in (0, ${CURRENT})`,
  }),
  // its connection string is for superusers only, and holds a password
  outside("pg_subscription", "'subscription'", {
    name: "quote_ident(x.subname)",
    fields: { owner: role("x.subowner"), enabled: "x.subenabled", publications: "to_jsonb(x.subpublications)" },
    from: `pg_subscription x where x.subdbid = ${CURRENT}`,
  }),
  outside("pg_authid", "'role'", {
    name: "quote_ident(x.rolname)",
    fields: {
      role: "to_jsonb(x) - array['oid', 'rolname', 'rolpassword', 'rolconfig']",
      comment: "shobj_description(x.oid, 'pg_authid')",
    },
    // the catalog itself is for superusers only
    from: "pg_roles x",
    there: "true",
  }),
  outside("pg_auth_members", "'role membership'", {
    name: `quote_ident(${role("x.member")}) || ' in ' || quote_ident(${role("x.roleid")}) || ' by ' || quote_ident(${role("x.grantor")})`,
    fields: { membership: "to_jsonb(x) - array['oid', 'roleid', 'member', 'grantor']" },
  }),
  outside("pg_tablespace", "'tablespace'", {
    name: "quote_ident(x.spcname)",
    fields: {
      owner: role("x.spcowner"),
      grants: grants("x.spcacl", "'t'", "x.spcowner"),
      options: "to_jsonb(x.spcoptions)",
    },
  }),
  outside("pg_parameter_acl", "'parameter'", {
    name: "x.parname",
    fields: { grants: exploded("x.paracl", "10") },
  }),
];
