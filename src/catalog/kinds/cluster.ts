/** What belongs to the whole cluster, or to a database in the eyes of the cluster. */
import { existsAny, exploded, grants, role } from "../expressions.ts";
import { type Kind, outside } from "../kind.ts";

const CURRENT = "(select oid from pg_database where datname = current_database())";

export const CLUSTER_KINDS: readonly Kind[] = [
  outside("pg_database", () => ({
    kind: "'database'",
    name: "quote_ident(d.datname)",
    fields: { grants: grants("d.datacl", "'d'", "d.datdba"), comment: "shobj_description(d.oid, 'pg_database')" },
    from: `pg_database d where d.oid = ${CURRENT}`,
  })),
  outside("pg_db_role_setting", () => ({
    kind: "case s.setdatabase when 0 then 'role setting' else 'database setting' end",
    name: `coalesce(quote_ident(${role("nullif(s.setrole, 0)")}) || ' ', '') || split_part(o, '=', 1)`,
    fields: { value: "o" },
    from: `pg_db_role_setting s, unnest(s.setconfig) o where s.setdatabase in (0, ${CURRENT})`,
    there: existsAny("pg_db_role_setting"),
  })),
  // its connection string is for superusers only, and holds a password
  outside("pg_subscription", () => ({
    kind: "'subscription'",
    name: "quote_ident(s.subname)",
    fields: { owner: role("s.subowner"), enabled: "s.subenabled", publications: "to_jsonb(s.subpublications)" },
    from: `pg_subscription s where s.subdbid = ${CURRENT}`,
  })),
  outside("pg_authid", () => ({
    kind: "'role'",
    name: "quote_ident(r.rolname)",
    fields: {
      role: "to_jsonb(r) - array['oid', 'rolname', 'rolpassword', 'rolconfig']",
      comment: "shobj_description(r.oid, 'pg_authid')",
    },
    from: "pg_roles r",
  })),
  outside("pg_auth_members", () => ({
    kind: "'role membership'",
    name: `quote_ident(${role("m.member")}) || ' in ' || quote_ident(${role("m.roleid")}) || ' by ' || quote_ident(${role("m.grantor")})`,
    fields: { membership: "to_jsonb(m) - array['oid', 'roleid', 'member', 'grantor']" },
    from: "pg_auth_members m",
  })),
  outside("pg_tablespace", () => ({
    kind: "'tablespace'",
    name: "quote_ident(t.spcname)",
    fields: {
      owner: role("t.spcowner"),
      grants: grants("t.spcacl", "'t'", "t.spcowner"),
      options: "to_jsonb(t.spcoptions)",
    },
    from: "pg_tablespace t",
  })),
  outside("pg_parameter_acl", () => ({
    kind: "'parameter'",
    name: "p.parname",
    fields: { grants: exploded("p.paracl", "10") },
    from: "pg_parameter_acl p",
    there: existsAny("pg_parameter_acl"),
  })),
];
