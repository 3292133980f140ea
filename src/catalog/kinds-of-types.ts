/** Types, routines, operators, and the rest of what lives in a schema without being a relation. */
import {
  ANY,
  comment,
  exploded,
  FIRST_USER_OID,
  flag,
  grants,
  isMember,
  json,
  type Part,
  partOf,
  placed,
  role,
  routine,
} from "./kind.ts";

/** Array types and tables' row types follow from what they belong to. */
const types: Part = partOf(
  "pg_type",
  `
select n.nspname, case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range type'
  when 'm' then 'multirange type' when 'c' then 'composite type' else 'type' end, quote_ident(t.typname), ${json({
    owner: role("t.typowner"),
    grants: grants("t.typacl", "'T'", "t.typowner"),
    comment: comment("pg_type", "t.oid"),
    labels: "(select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)",
    base: "case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod) end",
    notNull: flag("t.typnotnull"),
    default: "coalesce(pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), t.typdefault)",
    collation: `case when t.typcollation <> coalesce((select b.typcollation from pg_type b where b.oid = t.typbasetype), 0)
      then t.typcollation::regcollation::text end`,
    range: `(select jsonb_build_object('subtype', r.rngsubtype::regtype::text, 'multirange', r.rngmultitypid::regtype::text,
      'collation', nullif(r.rngcollation, 0)::regcollation::text, 'canonical', ${routine("r.rngcanonical")},
      'difference', ${routine("r.rngsubdiff")},
      'opclass', (select ${placed("o.opcnamespace", "o.opcname")} from pg_opclass o where o.oid = r.rngsubopc))
      from pg_range r where r.rngtypid = t.oid)`,
    details: `case when t.typtype in ('b', 'p') then jsonb_build_object('defined', t.typisdefined, 'length', t.typlen,
      'byValue', t.typbyval, 'category', t.typcategory, 'preferred', t.typispreferred, 'delimiter', t.typdelim,
      'align', t.typalign, 'storage', t.typstorage, 'element', nullif(t.typelem, 0)::regtype::text,
      'input', ${routine("t.typinput")}, 'output', ${routine("t.typoutput")}, 'receive', ${routine("t.typreceive")},
      'send', ${routine("t.typsend")}, 'modIn', ${routine("t.typmodin")}, 'modOut', ${routine("t.typmodout")},
      'analyze', ${routine("t.typanalyze")}, 'subscript', ${routine("t.typsubscript")}) end`,
  })}
from pg_type t join ns n on n.oid = t.typnamespace
where t.oid >= ${FIRST_USER_OID} and not ${isMember("pg_type", "t.oid")}
  and not exists (select from pg_type e where e.typarray = t.oid)
  and (t.typrelid = 0 or (select c.relkind from pg_class c where c.oid = t.typrelid) = 'c')`,
);

const domainConstraints: Part = partOf(
  "pg_constraint",
  `
select n.nspname, 'domain constraint', quote_ident(t.typname) || '.' || quote_ident(k.conname), ${json({
    definition: "pg_get_constraintdef(k.oid)",
    validated: "k.convalidated",
    comment: comment("pg_constraint", "k.oid"),
  })}
from pg_constraint k join pg_type t on t.oid = k.contypid join ns n on n.oid = t.typnamespace
where t.oid >= ${FIRST_USER_OID} and not ${isMember("pg_type", "t.oid")}`,
  `oid >= ${FIRST_USER_OID} and contypid <> 0`,
);

const routines: Part = partOf(
  "pg_proc",
  `
select n.nspname, case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window function' else 'function' end,
  quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', ${json({
    owner: role("p.proowner"),
    grants: grants("p.proacl", "'f'", "p.proowner"),
    comment: comment("pg_proc", "p.oid"),
    arguments: "pg_get_function_arguments(p.oid)",
    returns: "pg_get_function_result(p.oid)",
    language: "(select lanname from pg_language where oid = p.prolang)",
    volatility: "p.provolatile",
    parallel: "p.proparallel",
    strict: flag("p.proisstrict"),
    securityDefiner: flag("p.prosecdef"),
    leakproof: flag("p.proleakproof"),
    cost: "p.procost",
    rows: "nullif(p.prorows, 0)",
    support: routine("p.prosupport"),
    transforms: "(select jsonb_agg(t::regtype::text) from unnest(p.protrftypes) t)",
    config: "to_jsonb(p.proconfig)",
    library: "p.probin",
    body: "case when p.prosqlbody is null then p.prosrc end",
    sqlBody: "pg_get_function_sqlbody(p.oid)",
    aggregate: `(select jsonb_build_object('kind', a.aggkind, 'direct', a.aggnumdirectargs,
      'sfunc', ${routine("a.aggtransfn")}, 'final', ${routine("a.aggfinalfn")}, 'combine', ${routine("a.aggcombinefn")},
      'serial', ${routine("a.aggserialfn")}, 'deserial', ${routine("a.aggdeserialfn")}, 'msfunc', ${routine("a.aggmtransfn")},
      'minv', ${routine("a.aggminvtransfn")}, 'mfinal', ${routine("a.aggmfinalfn")}, 'extra', a.aggfinalextra,
      'mextra', a.aggmfinalextra, 'modify', a.aggfinalmodify, 'mmodify', a.aggmfinalmodify,
      'sort', (nullif(a.aggsortop, 0)::regoperator)::text, 'stype', a.aggtranstype::regtype::text, 'sspace', a.aggtransspace,
      'mstype', (nullif(a.aggmtranstype, 0)::regtype)::text, 'msspace', a.aggmtransspace, 'init', a.agginitval,
      'minit', a.aggminitval) from pg_aggregate a where a.aggfnoid = p.oid)`,
  })}
from pg_proc p join ns n on n.oid = p.pronamespace
where p.oid >= ${FIRST_USER_OID} and not ${isMember("pg_proc", "p.oid")}`,
);

const operators: Part = partOf(
  "pg_operator",
  `
select n.nspname, 'operator', o.oprname || ' (' || coalesce(nullif(o.oprleft, 0)::regtype::text, 'NONE') || ', '
  || coalesce(nullif(o.oprright, 0)::regtype::text, 'NONE') || ')', ${json({
    owner: role("o.oprowner"),
    comment: comment("pg_operator", "o.oid"),
    function: routine("o.oprcode"),
    commutator: "(nullif(o.oprcom, 0)::regoperator)::text",
    negator: "(nullif(o.oprnegate, 0)::regoperator)::text",
    restrict: routine("o.oprrest"),
    join: routine("o.oprjoin"),
    merges: flag("o.oprcanmerge"),
    hashes: flag("o.oprcanhash"),
  })}
from pg_operator o join ns n on n.oid = o.oprnamespace
where o.oid >= ${FIRST_USER_OID} and not ${isMember("pg_operator", "o.oid")}`,
);

const accessMethod = (oid: string): string => `(select quote_ident(amname) from pg_am where oid = ${oid})`;

const operatorClasses: Part = partOf(
  "pg_opclass",
  `
select n.nspname, 'operator class', quote_ident(o.opcname) || ' using ' || ${accessMethod("o.opcmethod")}, ${json({
    owner: role("o.opcowner"),
    comment: comment("pg_opclass", "o.oid"),
    family: `(select ${placed("f.opfnamespace", "f.opfname")} from pg_opfamily f where f.oid = o.opcfamily)`,
    type: "o.opcintype::regtype::text",
    key: "(nullif(o.opckeytype, 0)::regtype)::text",
    default: flag("o.opcdefault"),
  })}
from pg_opclass o join ns n on n.oid = o.opcnamespace
where o.oid >= ${FIRST_USER_OID} and not ${isMember("pg_opclass", "o.oid")}`,
);

const operatorFamilies: Part = partOf(
  "pg_opfamily",
  `
select n.nspname, 'operator family', quote_ident(f.opfname) || ' using ' || ${accessMethod("f.opfmethod")}, ${json({
    owner: role("f.opfowner"),
    comment: comment("pg_opfamily", "f.oid"),
    operators: `(select jsonb_agg(e order by e collate "C") from (select a.amopstrategy || ' ' || a.amopopr::regoperator::text || ' ' || a.amoppurpose::text
    || coalesce(' ' || (select s.opfnamespace::regnamespace::text || '.' || quote_ident(s.opfname) from pg_opfamily s where s.oid = a.amopsortfamily), '') as e
    from pg_amop a where a.amopfamily = f.oid) entries)`,
    functions: `(select jsonb_agg(e order by e collate "C") from (select a.amprocnum || ' (' || a.amproclefttype::regtype::text || ', '
    || a.amprocrighttype::regtype::text || ') ' || a.amproc::regprocedure::text as e
    from pg_amproc a where a.amprocfamily = f.oid) entries)`,
  })}
from pg_opfamily f join ns n on n.oid = f.opfnamespace
where f.oid >= ${FIRST_USER_OID} and not ${isMember("pg_opfamily", "f.oid")}`,
);

/** As a whole row, because the columns have other names in every second version. */
const collations: Part = partOf(
  "pg_collation",
  `
select n.nspname, 'collation', quote_ident(c.collname), ${json({
    owner: role("c.collowner"),
    comment: comment("pg_collation", "c.oid"),
    collation: "to_jsonb(c) - array['oid', 'collname', 'collnamespace', 'collowner', 'collversion']",
  })}
from pg_collation c join ns n on n.oid = c.collnamespace
where c.oid >= ${FIRST_USER_OID} and not ${isMember("pg_collation", "c.oid")}`,
);

const conversions: Part = partOf(
  "pg_conversion",
  `
select n.nspname, 'conversion', quote_ident(c.conname), ${json({
    owner: role("c.conowner"),
    comment: comment("pg_conversion", "c.oid"),
    from: "c.conforencoding",
    to: "c.contoencoding",
    function: routine("c.conproc"),
    default: flag("c.condefault"),
  })}
from pg_conversion c join ns n on n.oid = c.connamespace
where c.oid >= ${FIRST_USER_OID} and not ${isMember("pg_conversion", "c.oid")}`,
);

const textSearch: readonly Part[] = [
  partOf(
    "pg_ts_config",
    `select n.nspname, 'text search configuration', quote_ident(c.cfgname), ${json({
      owner: role("c.cfgowner"),
      comment: comment("pg_ts_config", "c.oid"),
      parser: `(select ${placed("p.prsnamespace", "p.prsname")} from pg_ts_parser p where p.oid = c.cfgparser)`,
      mappings: `(select jsonb_agg(jsonb_build_array(m.maptokentype, m.mapdict::regdictionary::text) order by m.maptokentype, m.mapseqno)
      from pg_ts_config_map m where m.mapcfg = c.oid)`,
    })} from pg_ts_config c join ns n on n.oid = c.cfgnamespace
  where c.oid >= ${FIRST_USER_OID} and not ${isMember("pg_ts_config", "c.oid")}`,
  ),
  partOf(
    "pg_ts_dict",
    `select n.nspname, 'text search dictionary', quote_ident(d.dictname), ${json({
      owner: role("d.dictowner"),
      comment: comment("pg_ts_dict", "d.oid"),
      template: `(select ${placed("t.tmplnamespace", "t.tmplname")} from pg_ts_template t where t.oid = d.dicttemplate)`,
      parameters: "d.dictinitoption",
    })} from pg_ts_dict d join ns n on n.oid = d.dictnamespace
  where d.oid >= ${FIRST_USER_OID} and not ${isMember("pg_ts_dict", "d.oid")}`,
  ),
  partOf(
    "pg_ts_parser",
    `select n.nspname, 'text search parser', quote_ident(p.prsname), ${json({
      comment: comment("pg_ts_parser", "p.oid"),
      functions: `jsonb_build_array(${["prsstart", "prstoken", "prsend", "prsheadline", "prslextype"].map((f) => routine(`p.${f}`)).join(", ")})`,
    })} from pg_ts_parser p join ns n on n.oid = p.prsnamespace
  where p.oid >= ${FIRST_USER_OID} and not ${isMember("pg_ts_parser", "p.oid")}`,
  ),
  partOf(
    "pg_ts_template",
    `select n.nspname, 'text search template', quote_ident(t.tmplname), ${json({
      comment: comment("pg_ts_template", "t.oid"),
      functions: `jsonb_build_array(${routine("t.tmplinit")}, ${routine("t.tmpllexize")})`,
    })} from pg_ts_template t join ns n on n.oid = t.tmplnamespace
  where t.oid >= ${FIRST_USER_OID} and not ${isMember("pg_ts_template", "t.oid")}`,
  ),
];

const DEFAULT_ACL_KIND = `case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
  when 'T' then 'types' when 'n' then 'schemas' else d.defaclobjtype::text end`;

/** The default privileges of one schema, or with "null" those that no schema confines. */
export const defaultPrivileges = (schema: string, join: string): Part =>
  partOf(
    "pg_default_acl",
    `
select ${schema}, 'default privileges', ${DEFAULT_ACL_KIND} || ' made by ' || quote_ident(${role("d.defaclrole")}), ${json(
      {
        grants: exploded("d.defaclacl", "d.defaclrole"),
      },
    )} from pg_default_acl d ${join}`,
    ANY,
  );

/** `ALTER … DEPENDS ON EXTENSION`. */
const extensionDependencies: Part = partOf(
  "pg_depend",
  `
select n.nspname, 'extension dependency', i.type || ' ' || i.identity || ' on ' || e.extname, '{}'
from pg_depend d join pg_extension e on e.oid = d.refobjid,
  lateral (select coalesce(
    case d.classid when 'pg_class'::regclass then (select relnamespace from pg_class where oid = d.objid) end,
    case d.classid when 'pg_proc'::regclass then (select pronamespace from pg_proc where oid = d.objid) end,
    case d.classid when 'pg_trigger'::regclass then (select c.relnamespace from pg_trigger t join pg_class c on c.oid = t.tgrelid where t.oid = d.objid) end
  ) as namespace) o join ns n on n.oid = o.namespace,
  lateral pg_identify_object(d.classid, d.objid, d.objsubid) i
where d.refclassid = 'pg_extension'::regclass and d.deptype = 'x'`,
  "refclassid = 'pg_extension'::regclass and deptype = 'x'",
);

export const TYPE_PARTS: readonly Part[] = [
  types,
  domainConstraints,
  routines,
  operators,
  operatorClasses,
  operatorFamilies,
  collations,
  conversions,
  ...textSearch,
  defaultPrivileges("n.nspname", "join ns n on n.oid = d.defaclnamespace"),
  extensionDependencies,
];
