/**
 * The body of a function, which people wrote: every `public.` in it is the schema, and of literals those that name an
 * object of it, or that will be part of a query.
 */
import { identifierName, literalParts, type Token, tokenize } from "../../../sql/lexer.ts";
import { DEEPEST, mapLiteral, next, previous } from "../../../sql/tokens.ts";
import { isObjectNameLiteral } from "./is-object-name-literal.ts";
import { retargetMentions } from "./retarget-mentions.ts";
import { retargetNames, retargetTokens } from "./retarget-tokens.ts";
import { type Retargeting, schemaOf } from "./retargeting.ts";

/** The body of a function: SQL and PL/pgSQL are read as tokens, other languages as text. */
export function retargetBody(token: Token, language: string | undefined, into: Retargeting, depth = 0): string {
  if (language === "c" || language === "internal") return token.text;
  if ((language !== "sql" && language !== "plpgsql") || depth > DEEPEST) {
    return mapLiteral(token, (content) => retargetMentions(content, into, () => true));
  }
  return mapLiteral(token, (content) => {
    const tokens = tokenize(content);
    return retargetTokens(
      tokens,
      into,
      (index, inner) => retargetLiteralInBody(tokens, index, inner, into, depth),
      true,
    );
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

/** Columns and variables that hold the name of a schema. */
const HOLDS_SCHEMA = /(^|_)(schema|schemaname|schema_name|nspname)$/;

/** `table_schema = 'public'`, `nspname::text IN ('public')`: the literal is a schema's name. */
function isSchemaComparison(tokens: readonly Token[], index: number): boolean {
  let after = "";
  for (let at = previous(tokens, index), steps = 0; at >= 0 && steps < 12; at = previous(tokens, at), steps++) {
    const token = tokens[at] as Token;
    const name = identifierName(token);
    // two columns of a list are not compared
    if (name !== undefined && HOLDS_SCHEMA.test(name)) return after !== ",";
    const isCast = /^(text|name|varchar)$/.test(name ?? "") && tokens[at - 1]?.text === ":";
    if (!isCast && !/^(=|<>|!=|\(|,|:|in|not|any|array|\[)$/i.test(token.text) && token.kind !== "string") return false;
    after = token.text;
  }
  return false;
}
