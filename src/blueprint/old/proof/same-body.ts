/**
 * Whether two functions' bodies say the same of two schemas. A body is text that people wrote and that Postgres keeps no
 * dependencies of, so every mention of the schema is looked at: as code, in a search path, and in literals.
 */
import { identifierName, literalParts, type Token, tokenize } from "../../../sql/lexer.ts";
import { meaningful } from "../../../sql/tokens.ts";
import { leftBehind, type Names, neutral, sameSchema, schemasNeeded } from "./names.ts";

/** The body of a function, as its author wrote it. */
export function sameBody(before: string, after: string, language: string, names: Names): boolean {
  if (language === "c" || language === "internal") return before === after;
  if (before === after && !before.includes(names.from)) return true;
  if (language !== "sql" && language !== "plpgsql") return sameText(before, after, names);
  const [b, u] = [tokenize(before), tokenize(after)];
  let other = 0;
  for (let at = 0; at < b.length; at++, other++) {
    const [token, match] = [b[at] as Token, u[other]];
    if (!match) return false;
    if (isPathItem(b, at, names)) {
      if (nameOf(match) !== names.to) return false;
      const end = afterExtensions(u, other, before, names);
      if (end === undefined) return false;
      other = end;
    } else if (token.kind === "space") {
      if (token.text !== match.text && !sameText(token.text, match.text, names)) return false;
    } else if (literalParts(token)) {
      if (!sameLiteral(b, u, at, other, before, names)) return false;
    } else if (identifierName(token) === names.from) {
      if (!sameSchema(near(b, at), near(u, other), 2, names, true)) return false;
    } else if (token.text !== match.text) return false;
  }
  return other === u.length;
}

const nameOf = (token: Token | undefined): string | undefined =>
  token && (literalParts(token)?.content ?? identifierName(token));

/** The token with two meaningful ones before and after it. */
function near(tokens: readonly Token[], at: number): Token[] {
  const before = meaningful(tokens.slice(Math.max(0, at - 8), at)).slice(-2);
  while (before.length < 2) before.unshift({ kind: "space", text: "" });
  return [...before, tokens[at] as Token, ...meaningful(tokens.slice(at + 1, at + 9)).slice(0, 2)];
}

/** Columns and variables that hold the name of a schema. */
const HOLDS_SCHEMA = /(^|_)(schema|schemaname|schema_name|nspname)$/;

function sameLiteral(
  b: readonly Token[],
  u: readonly Token[],
  at: number,
  other: number,
  body: string,
  names: Names,
): boolean {
  const [before, after] = [literalParts(b[at] as Token), literalParts(u[other] as Token)];
  if (!before || !after || before.open !== after.open) return false;
  if (before.open.startsWith("$")) return sameBody(before.content, after.content, "plpgsql", names);
  if (isAfter(b, at, /^search_path$/)) return samePath(before.content, after.content, body, names);
  if (before.content !== names.from) return sameText(before.content, after.content, names);
  if (after.content === names.to) return isAfter(b, at, /schema|nspname|namespace/) || takesSchema(b, at);
  return after.content === names.from && !isAfter(b, at, HOLDS_SCHEMA) && !takesSchema(b, at);
}

/** Whether a word like this stands among the few before, with nothing but punctuation, operators and literals between. */
function isAfter(tokens: readonly Token[], at: number, wanted: RegExp): boolean {
  const before = meaningful(tokens.slice(Math.max(0, at - 40), at))
    .reverse()
    .slice(0, 14);
  for (const token of before) {
    if (wanted.test(nameOf(token) ?? "")) return true;
    if (token.text === ";") return false;
    if (token.kind === "word" && !BETWEEN.test(token.text)) return false;
  }
  return false;
}

const BETWEEN = /^(to|in|not|any|all|array|is|distinct|from|local|text|name|varchar|constant|default|pg_catalog)$/i;

/** `format('%I', 'public')`, `quote_ident('public')`, `to_regnamespace('public')`: a name that will be put into a query. */
function takesSchema(tokens: readonly Token[], at: number): boolean {
  let depth = 0;
  for (let i = at - 1; i >= 0 && tokens[i]?.text !== ";"; i--) {
    const text = tokens[i]?.text;
    if (text === ")") depth++;
    if (text !== "(" || depth-- > 0) continue;
    const name = meaningful(tokens.slice(0, i)).at(-1);
    const called = identifierName(name) ?? "";
    if (/^(quote_ident|to_regnamespace|has_schema_privilege)$/.test(called)) return true;
    if (called === "format") return tokens.slice(i, at).some((token) => /%(\d+\$)?-?\d*I/.test(nameOf(token) ?? ""));
    if (called !== "") return false;
    depth = 0;
  }
  return false;
}

/** Part of `SET search_path TO a, b`. */
function isPathItem(tokens: readonly Token[], at: number, names: Names): boolean {
  if (nameOf(tokens[at]) !== names.from) return false;
  const before = meaningful(tokens.slice(Math.max(0, at - 40), at));
  for (let i = before.length - 1; i >= 0; i--) {
    const item = before[i] as Token;
    const separator = /^(,|=|to)$/i;
    if (identifierName(item) === "search_path") return /^(set|local|session)$/i.test(before[i - 1]?.text ?? "");
    if (separator.test(item.text)) continue;
    if (nameOf(item) === undefined || !separator.test(before[i - 1]?.text ?? "")) return false;
  }
  return false;
}

/** The last one of the extensions' schemas that follow the unit's in a search path; undefined if one is not there. */
function afterExtensions(tokens: readonly Token[], at: number, body: string, names: Names): number | undefined {
  const schemas = new Set(names.members.values());
  const missing = schemasNeeded(body, names);
  let last = at;
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    const name = nameOf(token);
    if (name !== undefined && schemas.has(name)) {
      missing.delete(name);
      last = i;
    } else if (token.kind !== "space" && token.text !== ",") break;
  }
  return missing.size > 0 ? undefined : last;
}

/** Text that is not SQL: equal but for mentions of the schema before a dot, none of which may be left. */
function sameText(before: string, after: string, names: Names): boolean {
  return !leftBehind(after, names) && neutral(before, names) === neutral(after, names);
}

/** A search path: the unit in place of the schema, then what of the extensions in it the body needs. */
export function samePath(before: string, after: string, body: string, names: Names): boolean {
  const [b, u] = [pathItems(before), pathItems(after)];
  const schemas = new Set(names.members.values());
  const missing = b.includes(names.from) ? schemasNeeded(body, names) : new Set<string>();
  let at = 0;
  for (const [index, item] of b.entries()) {
    if (u[at++] !== (item === names.from ? names.to : item)) return false;
    if (item !== names.from) continue;
    while (at < u.length && schemas.has(u[at] ?? "") && u[at] !== b[index + 1]) at++;
  }
  for (const item of u) missing.delete(item);
  return at === u.length && missing.size === 0;
}

const pathItems = (path: string): string[] =>
  path
    .split(",")
    .map((item) =>
      item.trim().replace(/^(["'])(.*)\1$/, (_, quote: string, name: string) => name.replaceAll(quote + quote, quote)),
    );
