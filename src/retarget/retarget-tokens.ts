/** SQL, token by token: the schema's name where it stands for the schema. Literals are left to the caller. */
import { ident } from "../sql/identifiers.ts";
import { identifierName, type Token, tokenize } from "../sql/lexer.ts";
import { next, previous, wordIs } from "../sql/tokens.ts";
import { retargetMentions } from "./retarget-mentions.ts";
import { isSetting, retargetSearchPath, searchPathEnd } from "./retarget-search-path.ts";
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
