/**
 * Makes a project's own SQL say another schema where it says `public`, token by token, and tells what it can't be sure of.
 * Only what runs while migrations run needs to be sure: the body of a function is text that is verified afterwards.
 */
import { ident, literal } from "../sql/identifiers.ts";
import { identifierName, literalParts, type Token, tokenize } from "../sql/lexer.ts";
import { type Statement, splitStatements } from "../sql/statements.ts";
import { textOf } from "../sql/tokens.ts";
import { retargetDefinition } from "./retarget.ts";
import type { Retargeting } from "./retargeting.ts";

/** Where a history's names go. */
export interface Place {
  readonly schema: string;
  /** The schemas of extensions that follow it in the `search_path`. */
  readonly extensionSchemas: readonly string[];
  /** Names of members of extensions that migrations may say `public.` to, each with the schema that has them. */
  readonly members: ReadonlyMap<string, string>;
  readonly owner: string;
}

/** One statement, ready to be run in another schema. */
export interface Retargeted {
  readonly sql: string;
  /** `commit` ends a transaction; `nothing` is what is done already, or means nothing here. */
  readonly kind: "statement" | "commit" | "nothing";
  /** Why it can't be run there; undefined where it can. */
  readonly refused?: string;
  /** Names that it may call as functions. */
  readonly calls?: readonly string[];
  /** A function that it makes and that must not be called while the history runs, and why. */
  readonly unsureRoutine?: readonly [name: string, why: string];
}

/** Everything that a piece of a migration does, in order. */
export const retargetHistory = (text: string, place: Place): Retargeted[] =>
  splitStatements(tokenize(text)).map((statement) => retargetStatement(statement, place));

function retargetStatement(statement: Statement, place: Place): Retargeted {
  const { words } = statement;
  const text = textOf(statement.tokens);
  const reason = refusal(words);
  if (reason) return { sql: text, kind: "statement", refused: reason };
  const kind = kindOf(words);
  if (kind !== "statement") return { sql: text, kind };

  const into: Retargeting = {
    from: "public",
    to: place.schema,
    own: allBut(place.members),
    members: place.members,
    owner: place.owner,
  };
  if (words[0] === "set" && words.includes("search_path")) return { sql: setSearchPath(statement, place), kind };
  if (words[0] === "do") {
    const done = retargetDo(statement, into);
    return { ...done, kind };
  }
  const sql = withoutConcurrently(withLists(retargetDefinition(text, into), place.schema), words);
  const routine = routineName(words);
  if (routine !== undefined) {
    const inside = unsureBody(tokenize(sql), place);
    return inside === undefined ? { sql, kind } : { sql, kind, unsureRoutine: [routine, inside] };
  }
  const refused = unsure(tokenize(sql), place, words);
  const calls = RUNS.test(words[0] ?? "") ? words : [];
  return refused === undefined ? { sql, kind, calls } : { sql, kind, refused };
}

/** Statements that run the functions they name. */
const RUNS = /^(select|with|values|call|insert|update|delete|execute)$/;

/** What can't be taken back, or reaches outside by its nature. The rest is seen by comparing catalogs. */
function refusal(words: readonly string[]): string | undefined {
  const [first = "", second = "", third = ""] = words;
  if (first === "rollback" && !words.includes("to")) return "takes back what other migrations did";
  if (first === "abort" || (first === "prepare" && second === "transaction"))
    return "takes transactions into its own hands";
  if (/^(create|drop|alter)$/.test(first) && /^(database|tablespace|subscription|system)$/.test(second)) {
    return `is about a ${second}, and not about what is in one schema`;
  }
  if (/^(alter|drop)$/.test(first) && second === "extension") return "changes an extension that others use";
  if (first === "comment" && third === "extension") return "changes an extension that others use";
  if (words.includes("detach") && words.includes("concurrently")) return "can't run inside a transaction";
  return undefined;
}

function kindOf(words: readonly string[]): Retargeted["kind"] {
  const [first, second] = words;
  if (first === "commit" || first === "end") return "commit";
  // we are in a transaction all the time
  if (first === "begin" || (first === "start" && second === "transaction")) return "nothing";
  // nothing that shows, and impossible inside a transaction
  if (first === "vacuum" || first === "checkpoint") return "nothing";
  // installed beforehand, where all units find it
  if (first === "create" && second === "extension") return "nothing";
  if (words.join(" ") === "create schema if not exists public") return "nothing";
  return "statement";
}

/** The name of the function or procedure that a statement creates. */
function routineName(words: readonly string[]): string | undefined {
  const at = words[1] === "or" && words[2] === "replace" ? 3 : 1;
  if (words[0] !== "create" || !/^(function|procedure)$/.test(words[at] ?? "")) return undefined;
  return words[at + 1] === "public" ? words[at + 2] : words[at + 1];
}

/** The history makes its names as it goes, so whatever is not an extension's is its own. */
function allBut(members: ReadonlyMap<string, string>): ReadonlySet<string> {
  const set = new Set<string>();
  set.has = (name) => !members.has(name);
  return set;
}

/** The units' own path, in place of `public`. */
function setSearchPath({ tokens }: Statement, { schema, extensionSchemas }: Place): string {
  const path = [schema, ...extensionSchemas].map(ident).join(", ");
  return tokens
    .map((token) => ((identifierName(token) ?? literalParts(token)?.content) === "public" ? path : token.text))
    .join("");
}

/** A block of PL/pgSQL is retargeted like the body of a function; but it runs at once. */
function retargetDo(statement: Statement, into: Retargeting): Omit<Retargeted, "kind"> {
  const { tokens, words } = statement;
  const at = tokens.findIndex(({ kind }) => kind === "dollar" || kind === "string");
  const body = tokens[at];
  const parts = body && literalParts(body);
  const text = textOf(tokens);
  const language = words[words.indexOf("language") + 1];
  if (!parts || (words.includes("language") && language !== "plpgsql")) {
    return { sql: text, refused: "is a block in a language that is not read here" };
  }
  const head = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ";
  const retargeted = retargetDefinition(head + body.text, into).slice(head.length);
  const sql = textOf([...tokens.slice(0, at), { kind: body.kind, text: retargeted }, ...tokens.slice(at + 1)]);
  const refused = unsureBody([{ kind: body.kind, text: retargeted }], { schema: into.to });
  if (refused) return { sql, refused };
  return { sql, calls: tokenize(parts.content).flatMap((token) => identifierName(token) ?? []) };
}

/** The same for code in a literal, statement by statement: each has to say for itself where it looks. */
function unsureBody(tokens: readonly Token[], place: Pick<Place, "schema">): string | undefined {
  const bodies = tokens.flatMap((token) => literalParts(token)?.content ?? []);
  for (const { tokens: piece } of bodies.flatMap((body) => splitStatements(tokenize(body)))) {
    const reason = unsure(piece, place, []);
    if (reason) return reason;
  }
  return undefined;
}

/** The catalogs and views that show every schema's objects. */
const SEES_ALL =
  /^(information_schema|pg_(class|constraint|type|proc|index|indexes|tables|views|matviews|trigger|triggers|policy|policies|enum|attribute|attrdef|sequence|sequences|rules|rewrite|depend|description|inherits|statistic_ext|stats|publication_tables|stat_user_tables|stat_user_indexes))$/;
/** What narrows a look into the catalog down to one schema: a function that does, or an object that is named. */
const NARROWS =
  /\b(current_schemas?|to_reg(class|type|proc|procedure)|pg_(table|type|function)_is_visible)\s*(\(|\b)|'\s*::\s*reg(class|type|proc|procedure|namespace)\b|::\s*reg(class|type)\s*::\s*text\s*=/i;
const DATA = /^(insert|comment|update|delete|copy)$/;

/** Why a statement that runs at once may not do in another schema what it did in `public`. */
function unsure(
  tokens: readonly Token[],
  { schema }: Pick<Place, "schema">,
  words: readonly string[],
): string | undefined {
  const names = tokens.map((token) => identifierName(token)).filter((name) => name !== undefined);
  const literals = tokens.map((token) => literalParts(token)?.content).filter((content) => content !== undefined);
  const mine = (content: string): boolean => content === schema || content.includes(`${schema}.`);
  const seen = names.find((name) => SEES_ALL.test(name));
  if (seen && !NARROWS.test(textOf(tokens)) && !literals.some((content) => content === schema)) {
    return `looks into ${seen} without saying in which schema, and would find what others have there`;
  }
  if (DATA.test(words[0] ?? "")) return undefined;
  const executes = names.includes("execute") || names.includes("set_config") || names.includes("query_to_xml");
  const left = literals.find((content) => !mine(content) && /(^|\W)public("?\.|$)/i.test(content));
  if (executes && left !== undefined) return `puts together SQL that says ${literal("public").trim()}: ${short(left)}`;
  return undefined;
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** `ON SCHEMA audit, public`: the schemas of a GRANT are a list. */
function withLists(sql: string, schema: string): string {
  const tokens = tokenize(sql);
  if (!/^(grant|revoke|alter)$/i.test(tokens[0]?.text ?? "")) return sql;
  let inList = false;
  return textOf(
    tokens.map((token) => {
      const name = identifierName(token);
      if (token.kind === "space" || token.text === ",") return token;
      if (name === "schema") inList = true;
      else if (name === undefined || /^(to|from|grant|revoke)$/.test(name)) inList = false;
      return inList && name === "public" ? { kind: "quoted", text: ident(schema) } : token;
    }),
  );
}

/** An index that nobody waits for is the same index. */
function withoutConcurrently(sql: string, words: readonly string[]): string {
  if (!words.includes("concurrently") || !/^(create|drop|reindex)$/.test(words[0] ?? "")) return sql;
  return textOf(tokenize(sql).filter(({ kind, text }) => kind !== "word" || !/^concurrently$/i.test(text)));
}
