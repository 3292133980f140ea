/**
 * What in a text finds objects by names that are text: dynamic SQL, functions that take a name, the catalogs. Everything else
 * is resolved by Postgres when it is made, or in the order of the search path.
 */
import { identifierName, literalParts, type Token } from "../sql/lexer.ts";
import { meaningful } from "../sql/tokens.ts";
import type { Findings, How, Names } from "./findings.ts";

/** Adds what a text does beside what it says. */
export function findLookUps(
  tokens: readonly Token[],
  what: string,
  { members }: Names,
  findings: Findings,
  how: How,
): void {
  const all = meaningful(tokens);
  const names = all.map((token) => identifierName(token)?.toLowerCase());
  const found: string[] = [];
  all.forEach((_, at) => {
    const name = names[at];
    if (name === undefined) return;
    const isCalled = all[at + 1]?.text === "(";
    if (/^(dblink|pg_background_)/.test(name)) findings.doubts.push(`${what} opens sessions of its own by ${name}`);
    else if (TOLD.test(name) || (how === "stored" && name === "current_schema"))
      findings.doubts.push(`${what} tells the name of its schema by ${name}`);
    else if (DEFINITIONS.test(name)) findings.doubts.push(`${what} reads definitions as text by ${name}`);
    else if (CATALOG.test(name) && !isCalled && isRead(all, at, how) && !names.includes("current_schema")) {
      findings.doubts.push(`${what} reads the catalog by ${name}`);
    } else if (isCalled ? takesName(name, members) && !isConstant(all, at + 2) : LATE.test(name)) {
      const isOther = name === "execute" && /^(function|procedure|on)$/.test(names[at + 1] ?? "");
      if (!isOther && !isConstantCast(all, at)) found.push(name);
    }
  });
  if (found.length === 0) return;
  findings.looksUp = true;
  findings.runs ||= how !== "stored";
  findings.tells ||= found.some((name) => TELLS.test(name));
  // 'pub' || 'lic', or characters by their numbers
  const pieces = all.map((token) => literalParts(token)?.content ?? "").join("");
  const built = names.find((name, at) => BUILDS.test(name ?? "") && all[at + 1]?.text === "(");
  if (/public/i.test(pieces)) findings.doubts.push(`${what} looks names up, and says public`);
  else if (built) findings.doubts.push(`${what} looks names up, and builds text by ${built}()`);
}

const takesName = (name: string, members: Names["members"]): boolean =>
  (TAKES_NAME.test(name) && !HARMLESS.test(name)) || (members.has(name) && !PURE.has(members.get(name) ?? ""));

const CATALOG = /^(pg_(?!catalog$|temp$|lsn$|snapshot$)|information_schema$)/;
/** Whether a relation is read. A column of a table may be called like one. */
function isRead(tokens: readonly Token[], at: number, how: How): boolean {
  const before = tokens[at - 1]?.text ?? "";
  if (before === "(") return /^(from|join)$/i.test(tokens[at - 2]?.text ?? "");
  return /^(from|join|only|using|into|update|table|\.)$/i.test(before) || (before === "," && how !== "stored");
}

/** Of what looks names up, what may say in which schema it is. */
const TELLS = /schema|nspname|^reg|^tg_|^pg_|_to_xml|setting|sqlerrm/;
/** What people write into logs, which are compared. */
const TOLD = /^tg_(table_schema|relid)$/;
const DEFINITIONS = /^(pg_get_(?!serial_sequence|userbyid|keywords)|prosrc$)/;
/** Types whose values are objects, found by their names. */
export const OBJECT_TYPE: RegExp =
  /^reg(class|type|proc|procedure|oper|operator|collation|config|dictionary|namespace)$/;
const LATE = new RegExp(
  `${OBJECT_TYPE.source}|^(execute|current_schemas?|schemaname|table_schema|schema_name|nspname|sqlerrm)$`,
);
/** Called with anything but a literal; what a literal says is judged by itself. */
const TAKES_NAME = new RegExp(
  `${OBJECT_TYPE.source}|^(pg_|to_reg|(next|curr|set)val$|current_schemas?$|has_.*_privilege$|row_security_active$|.*_to_xml|ts_stat$|ts_rewrite$|tsvector_update|set_config$|current_setting$|currtid|lo_)`,
);
const HARMLESS = /^pg_((try_)?advisory_|notify$|sleep|trigger_depth$|backend_pid$|column_size$)/;
/** Extensions whose functions run no query that they are given, and find nothing by its name. */
const PURE: ReadonlySet<string> = new Set(
  `btree_gin btree_gist citext cube earthdistance fuzzystrmatch hstore intarray isn ltree pg_trgm pgcrypto seg unaccent uuid-ossp
   vector`.split(/\s+/),
);
const BUILDS =
  /^(chr|decode|convert_from|encode|reverse|translate|overlay|replace|regexp_replace|substr|substring|left|right)$/;

/** `nextval('users_id_seq'…`, `current_setting('app.tenant', …`; the search path counts only where it is set to what is known. */
function isConstant(tokens: readonly Token[], at: number): boolean {
  const [first, second, third] = tokens.slice(at, at + 3);
  const content = first && literalParts(first)?.content;
  if (content?.toLowerCase() === "search_path") return third?.text === ",";
  return content !== undefined && /^[,):]$/.test(second?.text ?? "");
}

/** `'users'::regclass`. */
const isConstantCast = (tokens: readonly Token[], at: number): boolean => {
  const first = identifierName(tokens[at - 2]) === "pg_catalog" ? at - 2 : at;
  return tokens[first - 1]?.text === ":" && tokens[first - 2]?.text === ":" && tokens[first - 3]?.kind === "string";
};
