/** Literals with the word public in them: which of them are plainly data. */
import { identifierName, literalParts, type Token } from "../sql/lexer.ts";
import { meaningful, textOf, wordIs } from "../sql/tokens.ts";
import type { Findings, How, Names } from "./findings.ts";
import { OBJECT_TYPE } from "./look-ups.ts";

/** Whether a literal has the word in it, or characters by their numbers, which may be any word. */
export function saysPublic(token: Token): boolean {
  if (token.kind !== "string" && token.kind !== "dollar") return false;
  if (/public/i.test(token.text)) return true;
  return /^e'.*\\[xuU0-7]/is.test(token.text) || /^u&'.*\\/is.test(token.text);
}

/**
 * Judges a literal that says public: data, unless something looks it up. As an argument it is data only where that is known of the
 * function; and where it becomes an object's name, it never is.
 */
export function findLiteral(
  tokens: readonly Token[],
  index: number,
  what: string,
  names: Names,
  findings: Findings,
  how: How,
): void {
  const token = tokens[index] as Token;
  const said = `${what} says ${shortened(literalParts(token)?.content ?? token.text)}`;
  const after = meaningful(tokens.slice(index + 1, index + 9));
  const type = identifierName(after[2]) === "pg_catalog" ? after[4] : after[2];
  const isName = after[0]?.text === ":" && after[1]?.text === ":" && OBJECT_TYPE.test(identifierName(type) ?? "");
  const before = meaningful(tokens.slice(Math.max(0, index - 4), index)).at(-1);
  const callee = calleesOf(tokens, index).find((name) => !SAFE.has(name) && !names.own.has(name));
  // a body within a body
  if (token.kind === "dollar" || wordIs(before, "as")) findings.doubts.push(`${said} as code`);
  else if (isName || wordIs(before, "schema") || OBJECT_TYPE.test(identifierName(before) ?? ""))
    findings.doubts.push(`${said} for an object's name`);
  else if (callee !== undefined) findings.doubts.push(`${said} to ${callee}()`);
  else if (how !== "stored" && NAME.test(token.text)) {
    (isCompared(tokens, index) ? findings.ifCompared : findings.ifLookedUp).push(said);
  }
}

/** What can be a schema's name by itself, or in front of an object's. Prose about the public can't. */
const NAME = /^\w*&?['{"(\s$]*public['}")\s$]*$|public"?\s*[.,%|]|[,{]\s*"?public|\\/i;

/** `= 'public'`, `IN ('a', 'public')`, `= ANY (ARRAY['a'::text, 'public'::text])`, `WHEN 'public'`, `'public' =`. */
function isCompared(tokens: readonly Token[], index: number): boolean {
  const before = textOf(tokens.slice(Math.max(0, index - 200), index));
  const after = textOf(tokens.slice(index + 1, index + 12));
  return BEFORE.test(before) || /^(\s*::[\w". ]+)?\)*\s*(=|<>|!=)/.test(after);
}

const BEFORE =
  /(?:(?<!:)=|<>|!=|\b(?:in|any|when|distinct\s+from))\s*[(\s]*(?:array\s*\[\s*)?(?:'(?:[^']|'')*'(?:\s*::\s*[\w". ]+)?\s*,\s*)*$/i;

const shortened = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** The functions in whose parentheses a token stands, from the innermost. */
function calleesOf(tokens: readonly Token[], index: number): string[] {
  const callees: string[] = [];
  let depth = 0;
  for (let at = index - 1; at >= 0 && !(tokens[at]?.text === ";" && depth === 0); at--) {
    const text = tokens[at]?.text;
    if (text === ")" || text === "]") depth++;
    else if ((text === "(" || text === "[") && depth-- === 0) {
      depth = 0;
      const [before, called] = meaningful(tokens.slice(Math.max(0, at - 6), at)).slice(-2);
      const callee = called ?? before;
      const name = identifierName(callee);
      const isMethod = called !== undefined && identifierName(before) === "using";
      if (name !== undefined && !isMethod && !(callee?.kind === "word" && KEYWORD.test(name))) callees.push(name);
    }
  }
  return callees;
}

const KEYWORD =
  /^(in|any|all|some|array|values|and|or|not|when|then|else|check|default|using|as|select|return|on|where|case|exists|filter|over|by|distinct|from|with|is|if|elsif|while|perform|into|set|row|like|ilike|between|constraint|returning|having|join|union|except|intersect|add|primary|exclude|include|call|raise|lateral|recursive|materialized|set|begin|loop|returns)$/;

/** Functions that do nothing with text but compare, join or store it. */
const SAFE: ReadonlySet<string> = new Set(
  `coalesce nullif greatest least lower upper length count sum min max avg bool_or bool_and every array_agg string_agg jsonb_agg
   json_agg jsonb_build_object json_build_object jsonb_build_array jsonb_object_agg to_jsonb jsonb_set array_append array_prepend
   array_remove array_position array_length array_to_string cardinality unnest concat concat_ws trim btrim strpos starts_with now
   row_number rank`.split(/\s+/),
);
