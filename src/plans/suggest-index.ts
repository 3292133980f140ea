/** Which index would serve a condition, as far as its text says: columns and expressions that are compared, equality first. */
import { ident } from "../sql/identifiers.ts";
import { identifierName, type Token, tokenize } from "../sql/lexer.ts";
import { textOf } from "../sql/tokens.ts";

const EQUALITY: ReadonlySet<string> = new Set(["=", "is"]);
const RANGE: ReadonlySet<string> = new Set(["<", ">", "<=", ">="]);

/** A key of an index, and whether it is compared for equality. */
interface Key {
  readonly text: string;
  readonly isEquality: boolean;
}

/**
 * @param alias - what the query calls the table
 * @param conditions - as EXPLAIN writes them, each column with its table
 * @returns what is in an index's parentheses; undefined where nothing is known to help, as with an OR
 */
export function suggestIndex(alias: string, conditions: readonly string[]): string | undefined {
  const keys = conditions
    .flatMap((condition) => conjuncts(tokenize(condition)))
    .flatMap((tokens) => keyOf(tokens, alias) ?? []);
  const equal = keys.filter(({ isEquality }) => isEquality);
  const range = keys.filter(({ isEquality }) => !isEquality).slice(0, 1);
  const texts = [...new Set([...equal, ...range].map(({ text }) => text))];
  return texts.length > 0 ? texts.join(", ") : undefined;
}

/** The parts of an AND, each without parentheses around it. */
function conjuncts(tokens: readonly Token[]): (readonly Token[])[] {
  const whole = unwrapped(tokens);
  const parts = splitAt(whole, (token) => token.kind === "word" && token.text === "AND");
  return parts.length > 1 ? parts.flatMap(conjuncts) : [whole];
}

function keyOf(tokens: readonly Token[], alias: string): Key | undefined {
  const isCompared = ({ text }: Token): boolean => EQUALITY.has(text.toLowerCase()) || RANGE.has(text);
  if (splitAt(tokens, ({ text }) => text === "OR").length > 1) return undefined;
  const sides = splitAt(tokens, isCompared);
  if (sides.length !== 2) return undefined;
  const operator = tokens[sides[0]?.length ?? 0]?.text.toLowerCase() ?? "";
  const own = sides.filter((side) => mentions(side, alias));
  if (own.length !== 1) return undefined;
  const isNot = tokens.some(({ text }) => text === "NOT");
  return isNot ? undefined : { text: keyText(own[0] as Token[], alias), isEquality: EQUALITY.has(operator) };
}

/** Splits where a token outside of parentheses is. */
function splitAt(tokens: readonly Token[], isSeparator: (token: Token) => boolean): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === "(" || token.text === "[") depth++;
    else if (token.text === ")" || token.text === "]") depth--;
    if (depth === 0 && isSeparator(token)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** Without the space and the parentheses that are around all of it. */
function unwrapped(all: readonly Token[]): readonly Token[] {
  const isSpace = (token: Token | undefined): boolean => token?.kind === "space";
  const tokens = all.slice(isSpace(all[0]) ? 1 : 0, isSpace(all.at(-1)) ? -1 : undefined);
  if (tokens[0]?.text !== "(" || tokens.at(-1)?.text !== ")") return tokens;
  let depth = 0;
  const close = tokens.findIndex(({ text }) => {
    if (text === "(") depth++;
    else if (text === ")") depth--;
    return depth === 0;
  });
  return close === tokens.length - 1 ? unwrapped(tokens.slice(1, -1)) : tokens;
}

const isOwn = (tokens: readonly Token[], at: number, alias: string): boolean =>
  identifierName(tokens[at]) === alias && tokens[at + 1]?.text === ".";

const mentions = (tokens: readonly Token[], alias: string): boolean => tokens.some((_, at) => isOwn(tokens, at, alias));

/** A column by its name; an expression with one pair of parentheses more, as CREATE INDEX wants it. */
function keyText(tokens: readonly Token[], alias: string): string {
  const names = tokens.filter((_, at) => !isOwn(tokens, at, alias) && !(at > 0 && isOwn(tokens, at - 1, alias)));
  // what a varchar is compared as
  const cast = names.findIndex(({ text }) => text === ":");
  const column = unwrapped(cast > 0 ? names.slice(0, cast) : names);
  const name = column.length === 1 ? identifierName(column[0]) : undefined;
  if (name !== undefined) return /^[a-z_][a-z0-9_]*$/.test(name) ? name : ident(name);
  return `(${textOf(unwrapped(names))})`;
}
