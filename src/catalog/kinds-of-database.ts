/** What belongs to a database or a cluster rather than to a schema, and what was changed on things that came with either. */

import {
  ANY,
  comment,
  exploded,
  FIRST_USER_OID,
  grants,
  isMember,
  json,
  type Part,
  part,
  partOf,
  role,
  routine,
} from "./kind.ts";
import { POLICY } from "./kinds-of-relations.ts";
import { defaultPrivileges } from "./kinds-of-types.ts";

const CURRENT = "(select oid from pg_database where datname = current_database())";

const extensions: Part = part(`
select '', 'extension', quote_ident(e.extname), ${json({
  version: "e.extversion",
  schema: "e.extnamespace::regnamespace::text",
  owner: role("e.extowner"),
})} from pg_extension e`);

const schemas: Part = part(`
select n.nspname, 'schema', quote_ident(n.nspname), ${json({
  owner: role("s.nspowner"),
  grants: grants("s.nspacl", "'n'", "s.nspowner"),
  comment: comment("pg_namespace", "s.oid"),
})} from ns n join pg_namespace s on s.oid = n.oid where not ${isMember("pg_namespace", "n.oid")}`);

const database: Part = part(`
select '', 'database', quote_ident(d.datname), ${json({
  grants: grants("d.datacl", "'d'", "d.datdba"),
  comment: "shobj_description(d.oid, 'pg_database')",
})} from pg_database d where d.oid = ${CURRENT}`);

const settings: Part = partOf(
  "pg_db_role_setting",
  `
select '', case s.setdatabase when 0 then 'role setting' else 'database setting' end,
  coalesce(quote_ident(${role("nullif(s.setrole, 0)")}) || ' ', '') || split_part(o, '=', 1), ${json({ value: "o" })}
from pg_db_role_setting s, unnest(s.setconfig) o where s.setdatabase in (0, ${CURRENT})`,
  ANY,
);

const publications: Part = partOf(
  "pg_publication",
  `
select '', 'publication', quote_ident(p.pubname), ${json({
    owner: role("p.pubowner"),
    comment: comment("pg_publication", "p.oid"),
    publication: "to_jsonb(p) - array['oid', 'pubname', 'pubowner']",
    schemas: `(select jsonb_agg(m.pnnspid::regnamespace::text order by m.pnnspid) from pg_publication_namespace m where m.pnpubid = p.oid)`,
    tables: `(select jsonb_agg(jsonb_build_array(m.prrelid::regclass::text, m.prattrs, pg_get_expr(m.prqual, m.prrelid)) order by m.prrelid)
    from pg_publication_rel m where m.prpubid = p.oid)`,
  })} from pg_publication p where not ${isMember("pg_publication", "p.oid")}`,
  ANY,
);

/** Its connection string is for superusers only, and holds a password. */
const subscriptions: Part = part(`
select '', 'subscription', quote_ident(s.subname), ${json({
  owner: role("s.subowner"),
  enabled: "s.subenabled",
  publications: "to_jsonb(s.subpublications)",
})} from pg_subscription s where s.subdbid = ${CURRENT}`);

const eventTriggers: Part = partOf(
  "pg_event_trigger",
  `
select '', 'event trigger', quote_ident(t.evtname), ${json({
    owner: role("t.evtowner"),
    event: "t.evtevent",
    function: routine("t.evtfoid"),
    enabled: "t.evtenabled",
    tags: "to_jsonb(t.evttags)",
    comment: comment("pg_event_trigger", "t.oid"),
  })} from pg_event_trigger t where not ${isMember("pg_event_trigger", "t.oid")}`,
  ANY,
);

const foreign: readonly Part[] = [
  partOf(
    "pg_foreign_data_wrapper",
    `select '', 'foreign data wrapper', quote_ident(f.fdwname), ${json({
      owner: role("f.fdwowner"),
      grants: grants("f.fdwacl", "'F'", "f.fdwowner"),
      handler: routine("f.fdwhandler"),
      validator: routine("f.fdwvalidator"),
      options: "to_jsonb(f.fdwoptions)",
      comment: comment("pg_foreign_data_wrapper", "f.oid"),
    })} from pg_foreign_data_wrapper f where not ${isMember("pg_foreign_data_wrapper", "f.oid")}`,
    ANY,
  ),
  partOf(
    "pg_foreign_server",
    `select '', 'foreign server', quote_ident(s.srvname), ${json({
      owner: role("s.srvowner"),
      grants: grants("s.srvacl", "'S'", "s.srvowner"),
      wrapper: "(select fdwname from pg_foreign_data_wrapper where oid = s.srvfdw)",
      type: "s.srvtype",
      version: "s.srvversion",
      options: "to_jsonb(s.srvoptions)",
      comment: comment("pg_foreign_server", "s.oid"),
    })} from pg_foreign_server s where not ${isMember("pg_foreign_server", "s.oid")}`,
    ANY,
  ),
  partOf(
    "pg_foreign_server",
    `select '', 'user mapping', quote_ident(u.usename) || ' on ' || quote_ident(u.srvname), ${json({
      options: "to_jsonb(u.umoptions)",
    })} from pg_user_mappings u`,
    ANY,
  ),
];

const languages: Part = part(`
select '', 'language', quote_ident(l.lanname), ${json({
  owner: role("l.lanowner"),
  grants: grants("l.lanacl", "'l'", "l.lanowner"),
  trusted: "l.lanpltrusted",
  handler: routine("l.lanplcallfoid"),
  inline: routine("l.laninline"),
  validator: routine("l.lanvalidator"),
  comment: comment("pg_language", "l.oid"),
})} from pg_language l where not ${isMember("pg_language", "l.oid")}`);

const casts: Part = partOf(
  "pg_cast",
  `
select '', 'cast', format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null), ${json({
    function: routine("c.castfunc"),
    context: "c.castcontext",
    method: "c.castmethod",
    comment: comment("pg_cast", "c.oid"),
  })} from pg_cast c where c.oid >= ${FIRST_USER_OID} and not ${isMember("pg_cast", "c.oid")}
  -- a range brings its own cast to its multirange
  and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype = 'i')`,
);

const transforms: Part = partOf(
  "pg_transform",
  `
select '', 'transform', format_type(t.trftype, null) || ' for ' || (select quote_ident(lanname) from pg_language where oid = t.trflang), ${json(
    { from: routine("t.trffromsql"), to: routine("t.trftosql") },
  )} from pg_transform t where not ${isMember("pg_transform", "t.oid")}`,
  ANY,
);

const accessMethods: Part = partOf(
  "pg_am",
  `
select '', 'access method', quote_ident(a.amname), ${json({ type: "a.amtype", handler: routine("a.amhandler") })}
from pg_am a where a.oid >= ${FIRST_USER_OID} and not ${isMember("pg_am", "a.oid")}`,
);

const largeObjects: Part = partOf(
  "pg_largeobject_metadata",
  `
select '', 'large object', l.oid::text, ${json({
    owner: role("l.lomowner"),
    grants: grants("l.lomacl", "'L'", "l.lomowner"),
    comment: comment("pg_largeobject", "l.oid"),
  })} from pg_largeobject_metadata l`,
  ANY,
);

/** Roles and their like: the whole cluster has them in common. */
const cluster: readonly Part[] = [
  part(
    `select '', 'role', quote_ident(r.rolname), ${json({
      role: "to_jsonb(r) - array['oid', 'rolname', 'rolpassword', 'rolconfig']",
      comment: "shobj_description(r.oid, 'pg_authid')",
    })} from pg_roles r`,
  ),
  part(`select '', 'role membership', quote_ident(${role("m.member")}) || ' in ' || quote_ident(${role("m.roleid")})
    || ' by ' || quote_ident(${role("m.grantor")}), ${json({
      membership: "to_jsonb(m) - array['oid', 'roleid', 'member', 'grantor']",
    })} from pg_auth_members m`),
  part(
    `select '', 'tablespace', quote_ident(t.spcname), ${json({
      owner: role("t.spcowner"),
      grants: grants("t.spcacl", "'t'", "t.spcowner"),
      options: "to_jsonb(t.spcoptions)",
    })} from pg_tablespace t`,
  ),
  partOf(
    "pg_parameter_acl",
    `select '', 'parameter', p.parname, ${json({ grants: exploded("p.paracl", "10") })} from pg_parameter_acl p`,
    ANY,
  ),
];

/** Grants on what came with the server or with an extension: no schema of ours holds them. */
const borrowedGrants: readonly Part[] = (
  [
    ["pg_class", "relacl", "relnamespace", "r"],
    ["pg_proc", "proacl", "pronamespace", "f"],
    ["pg_type", "typacl", "typnamespace", "T"],
  ] as const
).map(([catalog, acl, namespace, letter]) =>
  part(`
select '', 'grants on', i.type || ' ' || i.identity, ${json({ grants: `to_jsonb(x.${acl}::text[])` })}
from ${catalog} x
  left join pg_init_privs p on p.classoid = '${catalog}'::regclass and p.objoid = x.oid and p.objsubid = 0,
  lateral pg_identify_object('${catalog}'::regclass, x.oid, 0) i
where x.${acl} is not null and x.${acl}::text is distinct from p.initprivs::text
  and (x.${namespace} in ('pg_catalog'::regnamespace, (select oid from pg_namespace where nspname = 'information_schema'))
    or ${isMember(catalog, "x.oid")})
  -- the same as nothing granted: '${letter}'
  and not coalesce(x.${acl} @> acldefault('${letter}', ${acl === "relacl" ? "x.relowner" : acl === "proacl" ? "x.proowner" : "x.typowner"})
    and x.${acl} <@ acldefault('${letter}', ${acl === "relacl" ? "x.relowner" : acl === "proacl" ? "x.proowner" : "x.typowner"}), false)`),
);

/** An extension's tables are shared, so row security, policies or triggers put on them reach everybody. */
const memberTables = `pg_class c where c.relkind in ('r', 'p') and ${isMember("pg_class", "c.oid")}`;
const MEMBER_TABLES = "classid = 'pg_class'::regclass and deptype = 'e'";
const borrowedTables: readonly Part[] = [
  partOf(
    "pg_depend",
    `select '', 'row security on', c.oid::regclass::text, ${json({ forced: "c.relforcerowsecurity" })}
  from ${memberTables} and (c.relrowsecurity or c.relforcerowsecurity)`,
    MEMBER_TABLES,
  ),
  partOf(
    "pg_depend",
    `select '', 'policy on', quote_ident(p.polname) || ' on ' || c.oid::regclass::text, ${POLICY}
  from pg_policy p, ${memberTables} and p.polrelid = c.oid and not ${isMember("pg_policy", "p.oid")}`,
    MEMBER_TABLES,
  ),
  partOf(
    "pg_depend",
    `select '', 'trigger on', quote_ident(t.tgname) || ' on ' || c.oid::regclass::text, ${json({
      definition: "pg_get_triggerdef(t.oid)",
    })} from pg_trigger t, ${memberTables} and t.tgrelid = c.oid and not t.tgisinternal and not ${isMember("pg_trigger", "t.oid")}`,
    MEMBER_TABLES,
  ),
];

/** Those of shared objects are left to whoever has a label provider. */
const securityLabels: Part = partOf(
  "pg_seclabel",
  `
select '', 'security label', l.provider || ' on ' || i.type || ' ' || i.identity, ${json({ label: "l.label" })}
from pg_seclabel l, lateral pg_identify_object(l.classoid, l.objoid, l.objsubid) i`,
  ANY,
);

export const DATABASE_PARTS: readonly Part[] = [
  extensions,
  schemas,
  database,
  settings,
  publications,
  subscriptions,
  eventTriggers,
  ...foreign,
  languages,
  casts,
  transforms,
  accessMethods,
  largeObjects,
  ...cluster,
  defaultPrivileges("''", "where d.defaclnamespace = 0"),
  ...borrowedGrants,
  ...borrowedTables,
  securityLabels,
];
