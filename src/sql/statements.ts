/**
 * Splits tokens into statements at their semicolons; semicolons inside a `BEGIN ATOMIC … END` body or between parentheses, as
 * in a rule with several actions, do not count.
 */
import { identifierName, type Token } from "./lexer.ts";

export interface Statement {
  /** Without the semicolon, and without leading space. */
  readonly tokens: readonly Token[];
  /** Its identifiers and keywords, lower-cased where unquoted, in order. */
  readonly words: readonly string[];
}

/** The statements that are more than white space and comments. */
export function splitStatements(tokens: readonly Token[]): Statement[] {
  const statements: Statement[] = [];
  let current: Token[] = [];
  let words: string[] = [];
  let depth = 0;
  let parentheses = 0;
  const finish = (): void => {
    if (current.some((token) => token.kind !== "space")) statements.push({ tokens: current, words });
    current = [];
    words = [];
  };
  for (const token of tokens) {
    if (token.text === ";" && depth === 0 && parentheses === 0) {
      finish();
      continue;
    }
    if (current.length === 0 && token.kind === "space") continue;
    current.push(token);
    if (token.text === "(") parentheses++;
    else if (token.text === ")") parentheses = Math.max(0, parentheses - 1);
    const word = identifierName(token);
    if (word === undefined) continue;
    if (token.kind === "word") {
      if (word === "atomic" && words.at(-1) === "begin") depth = 1;
      else if (depth > 0 && word === "case") depth++;
      else if (depth > 0 && word === "end") depth--;
    }
    words.push(word);
  }
  finish();
  return statements;
}
