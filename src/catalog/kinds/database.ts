/** What belongs to a database rather than to one of its schemas. */
import { comment, exists, existsAny, FIRST_USER_OID, grants, isMember, role, routine } from "../expressions.ts";
import { detail, type Kind, none, outside } from "../kind.ts";

const publication: Kind = outside("pg_publication", () => ({
  kind: "'publication'",
  name: "quote_ident(p.pubname)",
  fields: {
    owner: role("p.pubowner"),
    comment: comment("pg_publication", "p.oid"),
    publication: "to_jsonb(p) - array['oid', 'pubname', 'pubowner']",
    schemas:
      "(select jsonb_agg(m.pnnspid::regnamespace::text order by m.pnnspid) from pg_publication_namespace m where m.pnpubid = p.oid)",
    tables: `(select jsonb_agg(jsonb_build_array(m.prrelid::regclass::text, m.prattrs, pg_get_expr(m.prqual, m.prrelid)) order by m.prrelid)
    from pg_publication_rel m where m.prpubid = p.oid)`,
  },
  from: `pg_publication p where not ${isMember("pg_publication", "p.oid")}`,
  there: existsAny("pg_publication"),
}));

const eventTrigger: Kind = outside("pg_event_trigger", () => ({
  kind: "'event trigger'",
  name: "quote_ident(t.evtname)",
  fields: {
    owner: role("t.evtowner"),
    event: "t.evtevent",
    function: routine("t.evtfoid"),
    enabled: "t.evtenabled",
    tags: "to_jsonb(t.evttags)",
    comment: comment("pg_event_trigger", "t.oid"),
  },
  from: `pg_event_trigger t where not ${isMember("pg_event_trigger", "t.oid")}`,
  there: existsAny("pg_event_trigger"),
}));

const foreignData: readonly Kind[] = [
  outside("pg_foreign_data_wrapper", () => ({
    kind: "'foreign data wrapper'",
    name: "quote_ident(f.fdwname)",
    fields: {
      owner: role("f.fdwowner"),
      grants: grants("f.fdwacl", "'F'", "f.fdwowner"),
      handler: routine("f.fdwhandler"),
      validator: routine("f.fdwvalidator"),
      options: "to_jsonb(f.fdwoptions)",
      comment: comment("pg_foreign_data_wrapper", "f.oid"),
    },
    from: `pg_foreign_data_wrapper f where not ${isMember("pg_foreign_data_wrapper", "f.oid")}`,
    there: existsAny("pg_foreign_data_wrapper"),
  })),
  outside("pg_foreign_server", () => ({
    kind: "'foreign server'",
    name: "quote_ident(s.srvname)",
    fields: {
      owner: role("s.srvowner"),
      grants: grants("s.srvacl", "'S'", "s.srvowner"),
      wrapper: "(select fdwname from pg_foreign_data_wrapper where oid = s.srvfdw)",
      type: "s.srvtype",
      version: "s.srvversion",
      options: "to_jsonb(s.srvoptions)",
      comment: comment("pg_foreign_server", "s.oid"),
    },
    from: `pg_foreign_server s where not ${isMember("pg_foreign_server", "s.oid")}`,
    there: existsAny("pg_foreign_server"),
  })),
  outside("pg_user_mapping", () => ({
    kind: "'user mapping'",
    name: "quote_ident(u.usename) || ' on ' || quote_ident(u.srvname)",
    fields: { options: "to_jsonb(u.umoptions)" },
    from: "pg_user_mappings u",
    there: existsAny("pg_foreign_server"),
  })),
];

const language: Kind = outside("pg_language", () => ({
  kind: "'language'",
  name: "quote_ident(l.lanname)",
  fields: {
    owner: role("l.lanowner"),
    grants: grants("l.lanacl", "'l'", "l.lanowner"),
    trusted: "l.lanpltrusted",
    handler: routine("l.lanplcallfoid"),
    inline: routine("l.laninline"),
    validator: routine("l.lanvalidator"),
    comment: comment("pg_language", "l.oid"),
  },
  from: `pg_language l where not ${isMember("pg_language", "l.oid")}`,
}));

const accessMethod: Kind = outside("pg_am", () => ({
  kind: "'access method'",
  name: "quote_ident(a.amname)",
  fields: { type: "a.amtype", handler: routine("a.amhandler") },
  from: `pg_am a where a.oid >= ${FIRST_USER_OID} and not ${isMember("pg_am", "a.oid")}`,
  there: exists("pg_am"),
}));

const largeObject: Kind = {
  ...outside("pg_largeobject_metadata", () => ({
    kind: "'large object'",
    name: "l.oid::text",
    fields: {
      owner: role("l.lomowner"),
      grants: grants("l.lomacl", "'L'", "l.lomowner"),
      comment: comment("pg_largeobject", "l.oid"),
    },
    from: "pg_largeobject_metadata l",
    there: existsAny("pg_largeobject_metadata"),
  })),
  proof: none("no unit has it: one that was made in a unit's time is looked for by itself"),
};

export const DATABASE_KINDS: readonly Kind[] = [
  publication,
  detail("pg_publication_rel", "its publication", [{ column: "prrelid", of: "relations" }]),
  detail(
    "pg_publication_namespace",
    "its publication",
    none("a row depends on the schema, and is counted with all that does"),
  ),
  eventTrigger,
  ...foreignData,
  language,
  accessMethod,
  largeObject,
];
