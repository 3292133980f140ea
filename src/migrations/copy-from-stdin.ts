/** `COPY … FROM STDIN` waits for rows from the client. A migrator sends none, and the call would never end. */
import { tokenize } from "../sql/lexer.ts";
import { splitStatements } from "../sql/statements.ts";

export const COPY_FROM_STDIN = "COPY … FROM STDIN reads rows from the client, which sends none";
export const COPY_REMEDY = "write those rows as INSERT";

/** The first such statement in the SQL, if there is one. */
export function copyFromStdin(sql: string): string | undefined {
  // to take every migration apart would cost more than to run it
  if (!/\bcopy\b/i.test(sql) || !/\bstdin\b/i.test(sql)) return undefined;
  const found = splitStatements(tokenize(sql)).find(
    ({ words }) => words[0] === "copy" && words.some((word, at) => word === "from" && words[at + 1] === "stdin"),
  );
  return found?.tokens.map(({ text }) => text).join("");
}
