/** SQL, token by token: the schema's name where it stands for the schema. Literals are left to the caller. */
import { ident } from "../../../sql/identifiers.ts";
import { identifierName, literalParts, type Token, tokenize } from "../../../sql/lexer.ts";
import { DEEPEST, next, previous, wordIs } from "../../../sql/tokens.ts";
import { retargetMentions } from "./retarget-mentions.ts";
import { type Retargeting, schemaOf } from "./retargeting.ts";

/** Walks the tokens, replacing the schema where it is one, and leaves literals to `onLiteral`. */
export function retargetTokens(
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
  for (const word of ["exists", "not", "if"]) {
    if (wordIs(tokens[at], word)) at = previous(tokens, at);
  }
  return wordIs(tokens[at], "schema");
}

/** The content of a literal that names an object, such as `public.users_id_seq` or `public` for a regnamespace. */
export function retargetNames(content: string, into: Retargeting, inBody = false): string {
  const tokens = tokenize(content);
  if (tokens.length === 1 && identifierName(tokens[0]) === into.from) return into.to;
  return retargetTokens(tokens, into, (_, token) => token.text, inBody);
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
