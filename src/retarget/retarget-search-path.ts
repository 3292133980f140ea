/** `SET search_path TO …`: the schema, and behind it what else was found in it. */
import { ident } from "../sql/identifiers.ts";
import { identifierName, literalParts, type Token, tokenize } from "../sql/lexer.ts";
import { DEEPEST, next, wordIs } from "../sql/tokens.ts";
import type { Retargeting } from "./retargeting.ts";

/**
 * `SET search_path TO …`: the schema becomes the unit, followed by the schemas of those extensions whose members the
 * definition names without one, since they were found in the same schema.
 */
export function retargetSearchPath(list: readonly Token[], definition: readonly Token[], into: Retargeting): string {
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
export const isSetting = (before: Token | undefined): boolean => /^(set|local|session)$/i.test(before?.text ?? "");

/** From `search_path` to the end of its list of schemas. */
export function searchPathEnd(tokens: readonly Token[], start: number): number {
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
