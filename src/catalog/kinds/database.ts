/** What belongs to a database rather than to one of its schemas. */
import { comment, exists, existsAny, FIRST_USER_OID, grants, notMembers, role, routine } from "../expressions.ts";
import { detail, type Kind, outside } from "../kind.ts";

const publication: Kind = outside("pg_publication", "'publication'", {
  name: "quote_ident(x.pubname)",
  fields: {
    owner: role("x.pubowner"),
    comment: comment("pg_publication", "x.oid"),
    publication: "to_jsonb(x) - array['oid', 'pubname', 'pubowner']",
    schemas:
      "(select jsonb_agg(m.pnnspid::regnamespace::text order by m.pnnspid) from pg_publication_namespace m where m.pnpubid = x.oid)",
    tables: `(select jsonb_agg(jsonb_build_array(m.prrelid::regclass::text, m.prattrs, pg_get_expr(m.prqual, m.prrelid)) order by m.prrelid)
    from pg_publication_rel m where m.prpubid = x.oid)`,
  },
  from: notMembers("pg_publication"),
});

const eventTrigger: Kind = outside("pg_event_trigger", "'event trigger'", {
  name: "quote_ident(x.evtname)",
  fields: {
    owner: role("x.evtowner"),
    event: "x.evtevent",
    function: routine("x.evtfoid"),
    enabled: "x.evtenabled",
    tags: "to_jsonb(x.evttags)",
    comment: comment("pg_event_trigger", "x.oid"),
  },
  from: notMembers("pg_event_trigger"),
});

const foreignData: readonly Kind[] = [
  outside("pg_foreign_data_wrapper", "'foreign data wrapper'", {
    name: "quote_ident(x.fdwname)",
    fields: {
      owner: role("x.fdwowner"),
      grants: grants("x.fdwacl", "'F'", "x.fdwowner"),
      handler: routine("x.fdwhandler"),
      validator: routine("x.fdwvalidator"),
      options: "to_jsonb(x.fdwoptions)",
      comment: comment("pg_foreign_data_wrapper", "x.oid"),
    },
    from: notMembers("pg_foreign_data_wrapper"),
  }),
  outside("pg_foreign_server", "'foreign server'", {
    name: "quote_ident(x.srvname)",
    fields: {
      owner: role("x.srvowner"),
      grants: grants("x.srvacl", "'S'", "x.srvowner"),
      wrapper: "(select fdwname from pg_foreign_data_wrapper where oid = x.srvfdw)",
      type: "x.srvtype",
      version: "x.srvversion",
      options: "to_jsonb(x.srvoptions)",
      comment: comment("pg_foreign_server", "x.oid"),
    },
    from: notMembers("pg_foreign_server"),
  }),
  outside("pg_user_mapping", "'user mapping'", {
    name: "quote_ident(x.usename) || ' on ' || quote_ident(x.srvname)",
    fields: { options: "to_jsonb(x.umoptions)" },
    // the catalog itself is for superusers only
    from: "pg_user_mappings x",
    there: existsAny("pg_foreign_server"),
  }),
];

const language: Kind = outside("pg_language", "'language'", {
  name: "quote_ident(x.lanname)",
  fields: {
    owner: role("x.lanowner"),
    grants: grants("x.lanacl", "'l'", "x.lanowner"),
    trusted: "x.lanpltrusted",
    handler: routine("x.lanplcallfoid"),
    inline: routine("x.laninline"),
    validator: routine("x.lanvalidator"),
    comment: comment("pg_language", "x.oid"),
  },
  from: notMembers("pg_language"),
});

const accessMethod: Kind = outside("pg_am", "'access method'", {
  name: "quote_ident(x.amname)",
  fields: { type: "x.amtype", handler: routine("x.amhandler") },
  from: `${notMembers("pg_am")} and x.oid >= ${FIRST_USER_OID}`,
  there: exists("pg_am"),
});

const largeObject: Kind = outside("pg_largeobject_metadata", "'large object'", {
  name: "x.oid::text",
  fields: {
    owner: role("x.lomowner"),
    grants: grants("x.lomacl", "'L'", "x.lomowner"),
    comment: comment("pg_largeobject", "x.oid"),
  },
});

export const DATABASE_KINDS: readonly Kind[] = [
  publication,
  detail("pg_publication_rel", "its publication"),
  detail("pg_publication_namespace", "its publication"),
  eventTrigger,
  ...foreignData,
  language,
  accessMethod,
  largeObject,
];
