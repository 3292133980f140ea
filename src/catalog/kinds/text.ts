/** How text is sorted, converted and searched. */
import { flag, placed, role, routine } from "../expressions.ts";
import { detail, inSchema, type Kind } from "../kind.ts";

/** As a whole row, because the columns have other names in every second version. */
const collation: Kind = inSchema("pg_collation", { name: "collname", schema: "collnamespace" }, "'collation'", {
  fields: { collation: "to_jsonb(x) - array['oid', 'collname', 'collnamespace', 'collowner', 'collversion']" },
  data: { owner: role("x.collowner") },
});

const conversion: Kind = inSchema("pg_conversion", { name: "conname", schema: "connamespace" }, "'conversion'", {
  fields: {
    from: "x.conforencoding",
    to: "x.contoencoding",
    function: routine("x.conproc"),
    default: flag("x.condefault"),
  },
  data: { owner: role("x.conowner") },
});

const textSearch: readonly Kind[] = [
  inSchema("pg_ts_config", { name: "cfgname", schema: "cfgnamespace" }, "'text search configuration'", {
    fields: {
      parser: `(select ${placed("p.prsnamespace", "p.prsname")} from pg_ts_parser p where p.oid = x.cfgparser)`,
      mappings: `(select jsonb_agg(jsonb_build_array(m.maptokentype, m.mapdict::regdictionary::text) order by m.maptokentype, m.mapseqno)
      from pg_ts_config_map m where m.mapcfg = x.oid)`,
    },
    data: { owner: role("x.cfgowner") },
  }),
  detail("pg_ts_config_map", "its configuration"),
  inSchema("pg_ts_dict", { name: "dictname", schema: "dictnamespace" }, "'text search dictionary'", {
    fields: {
      template: `(select ${placed("t.tmplnamespace", "t.tmplname")} from pg_ts_template t where t.oid = x.dicttemplate)`,
      parameters: "x.dictinitoption",
    },
    data: { owner: role("x.dictowner") },
  }),
  inSchema("pg_ts_parser", { name: "prsname", schema: "prsnamespace" }, "'text search parser'", {
    fields: {
      functions: `jsonb_build_array(${["prsstart", "prstoken", "prsend", "prsheadline", "prslextype"].map((f) => routine(`x.${f}`)).join(", ")})`,
    },
  }),
  inSchema("pg_ts_template", { name: "tmplname", schema: "tmplnamespace" }, "'text search template'", {
    fields: { functions: `jsonb_build_array(${routine("x.tmplinit")}, ${routine("x.tmpllexize")})` },
  }),
];

export const TEXT_KINDS: readonly Kind[] = [collation, conversion, ...textSearch];
