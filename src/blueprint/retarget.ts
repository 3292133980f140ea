/**
 * Turns a dump of one schema into SQL that makes the same thing in a schema of another name.
 *
 * A dump is machine-made: every identifier in it is quoted and every reference is qualified, so outside of function
 * bodies a token `"public"` before a dot is the schema exactly when what follows is one of its objects. Bodies are
 * people's text: there every `public.` is the schema, and literals are changed only where they name an object of it.
 * Data, comments, defaults and checks that merely contain the word are never touched.
 */
import { ident } from "../sql/identifiers.ts";
import { identifierName, literalParts, type Token, tokenize } from "../sql/lexer.ts";
import { type Statement, splitStatements } from "../sql/statements.ts";

/** Where the names of one schema go. */
export interface Retargeting {
  /** The schema that was dumped. */
  readonly from: string;
  /** The schema to make instead. */
  readonly to: string;
  /** Names of everything in the dumped schema that the project owns, operators among them. */
  readonly own: ReadonlySet<string>;
  /** Names of extension members in the dumped schema, each with the schema that has them where the unit is. */
  readonly members: ReadonlyMap<string, string>;
  /** Who makes the unit, and so owns everything in it that the dump gives to nobody else. */
  readonly owner: string;
}

/** The statements that make the unit, without what only psql or another database needs. */
export function retarget(dump: string, into: Retargeting): string {
  const out: string[] = [];
  for (const statement of splitStatements(tokenize(dump))) {
    const kept = forReplay(statement, into.owner);
    if (kept) out.push(`${retargetStatement(kept, into)};\n`);
  }
  return out.join("");
}

/** One definition as Postgres deparses it (`pg_get_viewdef` and its like), retargeted. */
export const retargetDefinition = (sql: string, into: Retargeting): string =>
  splitStatements(tokenize(sql))
    .map((statement) => retargetStatement(statement.tokens, into))
    .join(";\n");

/** What a replay inside one transaction needs of a statement: nothing, itself, or its `SET` as `SET LOCAL`. */
function forReplay({ tokens, words }: Statement, owner: string): readonly Token[] | undefined {
  const [first, second, third] = words;
  if (first === undefined) return undefined;
  if (first === "set") {
    if (second !== "default_tablespace" && second !== "default_table_access_method") return undefined;
    return tokens.map((token) => (/^set$/i.test(token.text) ? { kind: "word", text: "SET LOCAL" } : token));
  }
  if (first === "select" && second === "pg_catalog" && third === "set_config") return undefined;
  if (first === "create" && second === "schema") return undefined;
  if (first === "alter" && words.at(-3) === "owner" && words.at(-2) === "to") {
    if (second === "schema" || words.at(-1) === owner) return undefined;
  }
  if (first === "insert") return withNegativeZeros(tokens);
  if (first === "alter" && words.includes("pg_attver")) return withoutAttributeVersion(tokens);
  return tokens;
}

/** pg_dump prints the negative zero of a float without quotes, and then it would be read as the zero of an integer. */
function withNegativeZeros(tokens: readonly Token[]): readonly Token[] {
  const isNegativeZero = (token: Token | undefined, after: Token | undefined): boolean =>
    token?.text === "-" && after?.text === "0";
  return tokens.flatMap((token, index) => {
    if (isNegativeZero(token, tokens[index + 1])) return { kind: "string", text: "'-0'" };
    return isNegativeZero(tokens[index - 1], token) ? [] : token;
  });
}

/**
 * PostgreSQL 15.20 keeps a version number of its own among a column's options and refuses to be given one;
 * a pg_dump that does not know of it prints it.
 */
function withoutAttributeVersion(tokens: readonly Token[]): readonly Token[] | undefined {
  const text = tokens.map((token) => token.text).join("");
  const cleaned = text.replace(/,\s*"?pg_attver"?\s*=\s*'?\d+'?|"?pg_attver"?\s*=\s*'?\d+'?\s*,?\s*/g, "");
  return /SET\s*\(\s*\)/i.test(cleaned) ? undefined : tokenize(cleaned);
}

function retargetStatement(tokens: readonly Token[], into: Retargeting): string {
  const isRoutine = isRoutineDefinition(tokens);
  const language = isRoutine ? routineLanguage(tokens) : undefined;
  return rewrite(tokens, into, (index, token) => {
    const before = previous(tokens, index);
    if (isRoutine && wordIs(tokens[before], "as")) return retargetBody(token, language, into);
    if (isObjectNameLiteral(tokens, index)) return mapLiteral(token, (content) => retargetNames(content, into));
    return token.text;
  });
}

/** Walks the tokens, replacing the schema where it is one, and leaves literals to `onLiteral`. */
function rewrite(
  tokens: readonly Token[],
  into: Retargeting,
  onLiteral: (index: number, token: Token) => string,
  inBody = false,
): string {
  const out: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    const name = identifierName(token);
    if (token.kind === "string" || token.kind === "dollar") {
      out.push(onLiteral(index, token));
    } else if (inBody && token.kind === "space" && /^(--|\/\*)/.test(token.text)) {
      out.push(retargetMentions(token.text, into, () => true));
    } else if (name === into.from) {
      out.push(retargetIdentifier(tokens, index, into, inBody));
    } else if (name === "search_path" && isSetting(tokens[previous(tokens, index)])) {
      const end = searchPathEnd(tokens, index);
      out.push(retargetSearchPath(tokens.slice(index, end), tokens, into));
      index = end - 1;
    } else {
      out.push(token.text);
    }
  }
  return out.join("");
}

/** `public.` followed by one of its objects, or `SCHEMA public`, `SCHEMA IF EXISTS public`. */
function retargetIdentifier(tokens: readonly Token[], index: number, into: Retargeting, inBody: boolean): string {
  const token = tokens[index] as Token;
  const dot = next(tokens, index);
  if (tokens[dot]?.text !== ".") return isAfterSchema(tokens, index) ? ident(into.to) : token.text;
  if (tokens[previous(tokens, index)]?.text === ".") return token.text;
  const object = tokens[next(tokens, dot)];
  const name = object?.kind === "operator" ? object.text : identifierName(object);
  const schema = name === undefined ? undefined : schemaOf(name, into);
  if (schema !== undefined) return ident(schema);
  // a body may name what is no longer there: it must then be missed in the unit, not found in somebody's public
  return inBody ? ident(into.to) : token.text;
}

function isAfterSchema(tokens: readonly Token[], index: number): boolean {
  let at = previous(tokens, index);
  if (wordIs(tokens[at], "exists")) at = previous(tokens, at);
  if (wordIs(tokens[at], "not")) at = previous(tokens, at);
  if (wordIs(tokens[at], "if")) at = previous(tokens, at);
  return wordIs(tokens[at], "schema");
}

function schemaOf(name: string, into: Retargeting): string | undefined {
  return into.own.has(name) ? into.to : into.members.get(name);
}

/** How deep literals within literals are read as code. Nobody writes a tenth of it; what is there could fill the stack. */
const DEEPEST = 50;

/** The body of a function: SQL and PL/pgSQL are read as tokens, other languages as text. */
function retargetBody(token: Token, language: string | undefined, into: Retargeting, depth = 0): string {
  if (language === "c" || language === "internal") return token.text;
  if ((language !== "sql" && language !== "plpgsql") || depth > DEEPEST) {
    return mapLiteral(token, (content) => retargetMentions(content, into, () => true));
  }
  return mapLiteral(token, (content) => {
    const tokens = tokenize(content);
    return rewrite(tokens, into, (index, inner) => retargetLiteralInBody(tokens, index, inner, into, depth), true);
  });
}

function retargetLiteralInBody(
  tokens: readonly Token[],
  index: number,
  token: Token,
  into: Retargeting,
  depth: number,
): string {
  if (token.kind === "dollar") return retargetBody(token, "plpgsql", into, depth + 1);
  if (isObjectNameLiteral(tokens, index)) return mapLiteral(token, (content) => retargetNames(content, into, true));
  const parts = literalParts(token);
  if (parts?.content === into.from && isSchemaComparison(tokens, index)) return mapLiteral(token, () => into.to);
  const mentions = (text: string): string =>
    retargetMentions(
      text,
      into,
      (name) =>
        (name === "" && (!text.endsWith(".") || !/\s/.test(text) || isPieced(tokens, index))) ||
        name.startsWith("%") ||
        schemaOf(name, into) !== undefined,
    );
  // half a literal: an apostrophe in prose, or a piece of a query that is put together
  return parts ? mapLiteral(token, mentions) : mentions(token.text);
}

/** `'ALTER TABLE public.' || name`, `concat('public.', name)`; not the end of a sentence. */
function isPieced(tokens: readonly Token[], index: number): boolean {
  const [before, after] = [tokens[previous(tokens, index)]?.text, tokens[next(tokens, index)]?.text];
  return after === "||" || ((before === "(" || before === "," || before === "||") && after === ",");
}

const CATALOG_SCHEMA_COLUMN = /(^|_)(schema|schemaname|schema_name|nspname)$/;

/** `table_schema = 'public'`, `nspname::text IN ('public')`: the literal is a schema's name. */
function isSchemaComparison(tokens: readonly Token[], index: number): boolean {
  let after = "";
  for (let at = previous(tokens, index), steps = 0; at >= 0 && steps < 12; at = previous(tokens, at), steps++) {
    const token = tokens[at] as Token;
    const name = identifierName(token);
    // two columns of a list are not compared
    if (name !== undefined && CATALOG_SCHEMA_COLUMN.test(name)) return after !== ",";
    const isCast = /^(text|name|varchar)$/.test(name ?? "") && tokens[at - 1]?.text === ":";
    if (!isCast && !/^(=|<>|!=|\(|,|:|in|not|any|array|\[)$/i.test(token.text) && token.kind !== "string") return false;
    after = token.text;
  }
  return false;
}

/** Functions whose first argument is the name of an object. */
const TAKES_OBJECT_NAME =
  /^(nextval|currval|setval|to_reg(class|type|proc|procedure|oper|operator|namespace|collation)|pg_get_serial_sequence|pg_(total_)?relation_size|pg_table_size|pg_indexes_size)$/;
const OBJECT_NAME_TYPE = /^reg(class|type|proc|procedure|oper|operator|collation|config|dictionary|namespace)$/;

const TEXT_TYPE = /^(text|varchar|bpchar|name)$/;

/**
 * `'…'::regclass`, `nextval('…')`: a literal that Postgres reads as the name of an object; also by way of text, as in
 * `nextval(('…'::text)::regclass)`.
 */
function isObjectNameLiteral(tokens: readonly Token[], index: number): boolean {
  let first = index;
  for (let at = next(tokens, index); ; ) {
    const isCast = tokens[at]?.text === ":" && tokens[at + 1]?.text === ":";
    if (isCast || wordIs(tokens[at], "as")) {
      at = next(tokens, isCast ? at + 1 : at);
      if (identifierName(tokens[at]) === "pg_catalog") at = next(tokens, next(tokens, at));
      const type = identifierName(tokens[at]) ?? "";
      if (OBJECT_NAME_TYPE.test(type)) return true;
      if (!isCast || !TEXT_TYPE.test(type)) break;
      at = next(tokens, at);
    } else {
      const open = previous(tokens, first);
      const isGroup = tokens[open]?.text === "(" && identifierName(tokens[previous(tokens, open)]) === undefined;
      if (!isGroup || tokens[at]?.text !== ")") break;
      first = open;
      at = next(tokens, at);
    }
  }
  const before = previous(tokens, first);
  if (OBJECT_NAME_TYPE.test(identifierName(tokens[before]) ?? "")) return true;
  if (tokens[before]?.text !== "(") return false;
  return TAKES_OBJECT_NAME.test(identifierName(tokens[previous(tokens, before)]) ?? "");
}

/** The content of a literal that names an object, such as `public.users_id_seq` or `public` for a regnamespace. */
function retargetNames(content: string, into: Retargeting, inBody = false): string {
  const tokens = tokenize(content);
  if (tokens.length === 1 && identifierName(tokens[0]) === into.from) return into.to;
  return rewrite(tokens, into, (_, token) => token.text, inBody);
}

/** Text that is not SQL: every `public.name` for which `wanted(name)` holds, but in the host of a URL or an address. */
function retargetMentions(text: string, into: Retargeting, wanted: (name: string) => boolean): string {
  const schema = into.from.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const mention = new RegExp(
    `(?<![\\w$."@]|//[\\w.-]*)("?)${schema}\\1\\.(?:("(?:[^"]|"")+")|(%\\w|[\\w\\u0080-\\uffff][\\w$\\u0080-\\uffff]*)|(?=["'\`%{$#\\\\|]|$))`,
    "gi",
  );
  const unqualified = new RegExp(`(${SCHEMA_FOLLOWS.source})("?)${schema}\\2(?![\\w$.])`, "gi");
  return text
    .replace(mention, (all, _quote: string, quoted: string | undefined, plain = "") => {
      const name = identifierName({ kind: quoted ? "quoted" : "word", text: quoted ?? plain }) ?? "";
      if (!wanted(name)) return all;
      return `${bareIdent(schemaOf(name, into) ?? into.to)}.${quoted ?? plain}`;
    })
    .replace(unqualified, (_, before: string, quote: string) => before + quote + into.to + quote);
}

/** What a schema's name without a dot follows in a query: a command, a setting, a comparison in the catalog. */
const SCHEMA_FOLLOWS =
  /\bschema\s+(?:if\s+(?:not\s+)?exists\s+)?|\bsearch_path\s*(?:=|\bto\b)\s*|(?:\b|_)(?:schema|schemaname|schema_name|nspname)\s*(?:=|<>|!=|in\s*\()\s*'+/;

/** Quoted only where it must be: the text around it may itself be a literal of another language. */
const bareIdent = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : ident(name));

/** `SET search_path`, `SET LOCAL search_path`: not a column of that name. */
const isSetting = (before: Token | undefined): boolean => /^(set|local|session)$/i.test(before?.text ?? "");

/** From `search_path` to the end of its list of schemas. */
function searchPathEnd(tokens: readonly Token[], start: number): number {
  let at = next(tokens, start);
  if (tokens[at]?.text === "'" || tokens[at]?.text === ",") return start + 1;
  if (tokens[at]?.text !== "=" && !wordIs(tokens[at], "to")) return start + 1;
  for (let item = next(tokens, at); item < tokens.length; item = next(tokens, at)) {
    if (identifierName(tokens[item]) === undefined && tokens[item]?.kind !== "string") break;
    at = item;
    const comma = next(tokens, at);
    if (tokens[comma]?.text !== ",") break;
    at = comma;
  }
  return at + 1;
}

/**
 * `SET search_path TO …`: the schema becomes the unit, followed by the schemas of those extensions whose members the
 * definition names without one, since they were found in the same schema.
 */
function retargetSearchPath(list: readonly Token[], definition: readonly Token[], into: Retargeting): string {
  return list
    .map((token) => {
      const parts = literalParts(token);
      const name = parts ? parts.content.replace(/^"(.*)"$/, "$1") : identifierName(token);
      if (name !== into.from) return token.text;
      const path = [into.to, ...memberSchemas(definition, into)];
      return path.map((schema) => (parts ? `'${schema}'` : ident(schema))).join(", ");
    })
    .join("");
}

function memberSchemas(definition: readonly Token[], into: Retargeting): string[] {
  const found = new Set<string>();
  const visit = (tokens: readonly Token[], depth: number): void => {
    for (const token of tokens) {
      const name = token.kind === "operator" ? token.text : identifierName(token);
      const schema = name === undefined || into.own.has(name) ? undefined : into.members.get(name);
      if (schema !== undefined) found.add(schema);
      const body = literalParts(token);
      if (body && depth < DEEPEST) visit(tokenize(body.content), depth + 1);
    }
  };
  visit(definition, 0);
  return [...found].sort();
}

const ROUTINE = /^(create|or|replace)$/;

function isRoutineDefinition(tokens: readonly Token[]): boolean {
  for (const token of tokens) {
    if (token.kind === "space") continue;
    const word = identifierName(token) ?? "";
    if (!ROUTINE.test(word)) return word === "function" || word === "procedure";
  }
  return false;
}

function routineLanguage(tokens: readonly Token[]): string | undefined {
  const at = tokens.findIndex((token) => wordIs(token, "language"));
  return at < 0 ? undefined : identifierName(tokens[next(tokens, at)])?.toLowerCase();
}

function mapLiteral(token: Token, change: (content: string) => string): string {
  const parts = literalParts(token);
  if (!parts) return token.text;
  if (parts.open !== "'") return parts.open + change(parts.content) + parts.close;
  return `'${change(parts.content.replaceAll("''", "'")).replaceAll("'", "''")}'`;
}

const wordIs = (token: Token | undefined, word: string): boolean =>
  token?.kind === "word" && token.text.toLowerCase() === word;

/** The index of the next token that is no space. */
function next(tokens: readonly Token[], index: number): number {
  let at = index + 1;
  while (tokens[at]?.kind === "space") at++;
  return at;
}

function previous(tokens: readonly Token[], index: number): number {
  let at = index - 1;
  while (tokens[at]?.kind === "space") at--;
  return at;
}
