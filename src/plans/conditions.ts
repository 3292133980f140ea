/** Conditions as EXPLAIN writes them: operands in parentheses, and each column after what the query calls its table. */
import { ident } from "../sql/identifiers.ts";
import { identifierName, type Token, tokenize } from "../sql/lexer.ts";
import { meaningful } from "../sql/tokens.ts";

type Tokens = readonly Token[];

/** The parts of an AND, each without parentheses around it. */
export function conjuncts(tokens: Tokens): Tokens[] {
  const whole = unwrapped(tokens);
  const parts = splitAt(whole, (token) => token.kind === "word" && token.text === "AND");
  return parts.length > 1 ? parts.flatMap(conjuncts) : [whole];
}

/** Splits where a token outside of parentheses is. */
export function splitAt(tokens: Tokens, isSeparator: (token: Token) => boolean): Token[][] {
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
export function unwrapped(all: Tokens): Tokens {
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

const isOwn = (tokens: Tokens, at: number, alias: string): boolean =>
  identifierName(tokens[at]) === alias && tokens[at + 1]?.text === ".";

export const mentions = (tokens: Tokens, alias: string): boolean => tokens.some((_, at) => isOwn(tokens, at, alias));

/** Columns by their names alone. */
export const withoutAlias = (tokens: Tokens, alias: string): Token[] =>
  tokens.filter((_, at) => !isOwn(tokens, at, alias) && !(at > 0 && isOwn(tokens, at - 1, alias)));

/** Without space and parentheses, of which EXPLAIN and an index's definition have different ones. */
export const bare = (tokens: Tokens): string =>
  meaningful(tokens)
    .filter(({ text }) => text !== "(" && text !== ")")
    .map(({ text }) => text)
    .join(" ");

/** Where the last cast outside of parentheses begins; -1 where there is none. */
export function castOf(tokens: Tokens): number {
  const parts = splitAt(tokens, ({ text }) => text === ":");
  return parts.length < 3 ? -1 : tokens.length - (parts.at(-1)?.length ?? 0) - 2;
}

/** A condition in which a table is called otherwise. */
export function renamed(condition: string, from: string, to: string): string {
  const tokens = tokenize(condition);
  return tokens
    .map(({ kind, text }, at) => (isOwn(tokens, at, from) ? (kind === "quoted" ? ident(to) : to) : text))
    .join("");
}
