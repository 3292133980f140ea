/** The extensions that a history creates by itself, by name, whether they are there already or not. */
import { tokenize } from "../sql/lexer.ts";
import { splitStatements } from "../sql/statements.ts";
import type { Migration } from "./read-migrations.ts";

export function createdExtensions(list: readonly Pick<Migration, "text">[]): Set<string> {
  const names = new Set<string>();
  for (const { text } of list) {
    if (!/extension/i.test(text)) continue;
    for (const { words } of splitStatements(tokenize(text))) {
      if (words[0] !== "create" || words[1] !== "extension") continue;
      const name = words[2] === "if" ? words[5] : words[2];
      if (name) names.add(name);
    }
  }
  return names;
}
