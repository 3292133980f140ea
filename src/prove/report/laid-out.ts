/** SQL of one line with a line for each clause. SQL that has lines stays as it is. */
import { type Token, tokenize } from "../../sql/lexer.ts";
import { next, previous, wordIs } from "../../sql/tokens.ts";

const CLAUSES: ReadonlySet<string> = new Set([
  ...["from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for"],
  ...["set", "values", "returning", "union", "intersect", "except"],
]);
const JOIN_KINDS: ReadonlySet<string> = new Set(["left", "right", "full", "inner", "cross", "natural", "outer"]);

export function laidOut(sql: string): string {
  if (sql.trim().includes("\n")) return sql.trim();
  const tokens = tokenize(sql.trim());
  let depth = 0;
  return tokens
    .map((token, at) => {
      if (token.text === "(") depth++;
      if (token.text === ")") depth--;
      return token.kind === "space" && depth === 0 && beginsClause(tokens, at + 1) ? "\n" : token.text;
    })
    .join("");
}

function beginsClause(tokens: readonly Token[], at: number): boolean {
  const [before, token, after] = [tokens[previous(tokens, at)], tokens[at], tokens[next(tokens, at)]];
  const word = token?.kind === "word" ? token.text.toLowerCase() : "";
  if (word === "join") return !JOIN_KINDS.has(before?.text.toLowerCase() ?? "");
  if (JOIN_KINDS.has(word)) return wordIs(after, "join") || wordIs(after, "outer");
  if (word === "on") return wordIs(after, "conflict");
  // `is distinct from`, `delete from`
  if (word === "from") return !wordIs(before, "distinct") && !wordIs(before, "delete");
  return CLAUSES.has(word);
}
