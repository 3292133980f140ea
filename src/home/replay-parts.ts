/** What of a replay is needed again after a unit was made from it: rows to put back, and functions to bind to a new name. */
import { literalParts, type Token, tokenize } from "../sql/lexer.ts";
import { type Statement, splitStatements } from "../sql/statements.ts";
import { meaningful, textOf } from "../sql/tokens.ts";

export interface ReplayParts {
  /** The rows that migrations left, table by table, in the order of the dump. */
  readonly seeds: readonly { readonly table: string; readonly sql: string }[];
  /** Functions whose text or settings hold the schema's name: text does not follow a rename. */
  readonly boundFunctions: string;
  /** Whether anything else holds the name as text. Such a schema can't be renamed. */
  readonly canBeRenamed: boolean;
}

/**
 * Takes a replay apart.
 *
 * @param marker - the name of the schema in it
 */
export function partsOf(replay: string, marker: string): ReplayParts {
  const seeds = new Map<string, string[]>();
  const bound: string[] = [];
  let canBeRenamed = true;
  for (const statement of splitStatements(tokenize(replay))) {
    const { words } = statement;
    if (words[0] === "insert" && words[1] === "into" && words[2] === marker && words[3] !== undefined) {
      const rows = seeds.get(words[3]) ?? [];
      rows.push(textOf(statement.tokens));
      seeds.set(words[3], rows);
    } else if (statement.tokens.some((token, index) => holdsAsText(statement, index, token, marker))) {
      const definition = /^create\s+(?=function|procedure)/i;
      const text = textOf(statement.tokens);
      if (definition.test(text)) bound.push(text.replace(definition, "CREATE OR REPLACE "));
      else canBeRenamed = false;
    }
  }
  return {
    seeds: [...seeds].map(([table, statements]) => ({ table, sql: statements.join(";\n") })),
    boundFunctions: bound.join(";\n"),
    canBeRenamed,
  };
}

/** A literal with the name in it, unless Postgres reads it as an object's name at once, as `setval` and `::regclass` do. */
function holdsAsText({ tokens, words }: Statement, index: number, token: Token, marker: string): boolean {
  if (!literalParts(token)?.content.includes(marker)) return false;
  if (words[0] === "select" && words[1] === "pg_catalog" && words[2] === "setval") return false;
  const [first, second, type] = meaningful(tokens.slice(index + 1));
  return !(first?.text === ":" && second?.text === ":" && /^"?reg[a-z]+"?$/.test(type?.text ?? ""));
}
