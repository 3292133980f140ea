/** `COPY … FROM STDIN` waits for rows from the client. A migrator sends none, and the call would never end. */
import type { Token } from "../sql/lexer.ts";
import { tokenize } from "../sql/lexer.ts";
import { splitStatements } from "../sql/statements.ts";
import { meaningful, textOf, wordIs } from "../sql/tokens.ts";

export const COPY_FROM_STDIN = "COPY … FROM STDIN reads rows from the client, which sends none";
export const COPY_REMEDY = "write those rows as INSERT";

/** The first such statement in the SQL, if there is one. */
export function copyFromStdin(sql: string): string | undefined {
  // to take every migration apart would cost more than to run it
  if (!/\bcopy\b/i.test(sql) || !/\bstd(in|out)\b/i.test(sql)) return undefined;
  const found = splitStatements(tokenize(sql)).find(({ tokens }) => readsFromClient(outsideParentheses(tokens)));
  return found && textOf(found.tokens);
}

function readsFromClient(tokens: readonly Token[]): boolean {
  const source = tokens[tokens.findIndex((token) => wordIs(token, "from")) + 1];
  // Postgres takes either word in either direction
  return wordIs(tokens[0], "copy") && (wordIs(source, "stdin") || wordIs(source, "stdout"));
}

/** Without a list of columns, options, or the query of a COPY … TO. */
function outsideParentheses(tokens: readonly Token[]): Token[] {
  let depth = 0;
  return meaningful(tokens).filter(({ text }) => {
    if (text === "(") depth++;
    return text === ")" ? depth-- < 0 : depth === 0;
  });
}
