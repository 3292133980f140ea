/** Ways to look at tokens: which token is beside another, and what a literal holds. Space between tokens means nothing. */
import { literalParts, type Token } from "./lexer.ts";

export const textOf = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join("");

export const meaningful = (tokens: readonly Token[]): Token[] => tokens.filter(({ kind }) => kind !== "space");

/** Whether a token is this word, without quotes. */
export const wordIs = (token: Token | undefined, word: string): boolean =>
  token?.kind === "word" && token.text.toLowerCase() === word;

/** The index of the next token that is no space. */
export function next(tokens: readonly Token[], index: number): number {
  let at = index + 1;
  while (tokens[at]?.kind === "space") at++;
  return at;
}

/** The index of the token before that is no space; -1 where there is none. */
export function previous(tokens: readonly Token[], index: number): number {
  let at = index - 1;
  while (tokens[at]?.kind === "space") at--;
  return at;
}

/** The text of a literal, its content changed. */
export function mapLiteral(token: Token, change: (content: string) => string): string {
  const parts = literalParts(token);
  if (!parts) return token.text;
  if (parts.open !== "'") return parts.open + change(parts.content) + parts.close;
  return `'${change(parts.content.replaceAll("''", "'")).replaceAll("'", "''")}'`;
}
