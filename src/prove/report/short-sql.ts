/** SQL in one line, of at most so many characters. What a query reads goes before what it lists: that is told by the rest. */
import { type Token, tokenize } from "../../sql/lexer.ts";
import { wordIs } from "../../sql/tokens.ts";
import { shortened } from "../../words.ts";

export function shortSql(sql: string, length: number): string {
  const line = inOneLine(tokenize(sql));
  if ([...line].length <= length) return line;
  const listless = inOneLine(withoutList(tokenize(line)));
  if ([...listless].length <= length) return listless;
  return shortened(withoutJoins(tokenize(listless)), length);
}

/** Comments go, and white space becomes one blank. */
const inOneLine = (tokens: readonly Token[]): string =>
  tokens
    .map(({ kind, text }) => (kind === "space" ? " " : text))
    .join("")
    .replace(/ {2,}/g, " ")
    .trim();

const BLANK: Token = { kind: "space", text: " " };

/** `select … from "teams"`, of a query that begins with its list. */
function withoutList(tokens: readonly Token[]): readonly Token[] {
  const [first] = tokens;
  const from = topLevel(tokens, "from");
  if (!first || !wordIs(first, "select") || from < 0) return tokens;
  return [first, BLANK, { kind: "punctuation", text: "…" }, BLANK, ...tokens.slice(from)];
}

/** Characters before the conditions. */
const BEFORE_WHERE = 40;

function withoutJoins(tokens: readonly Token[]): string {
  const where = topLevel(tokens, "where");
  if (where < 0) return inOneLine(tokens);
  return `${shortened(inOneLine(tokens.slice(0, where)), BEFORE_WHERE)} ${inOneLine(tokens.slice(where))}`;
}

/** Where a word is outside of parentheses; -1 if nowhere. */
function topLevel(tokens: readonly Token[], word: string): number {
  let depth = 0;
  return tokens.findIndex((token) => {
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    return depth === 0 && wordIs(token, word);
  });
}
