/** The statements of a migration, one by one, with their lines in its file. Their text is the file's own. */
import { COPY_FROM_STDIN, COPY_REMEDY, copyFromStdin } from "../migrations/copy-from-stdin.ts";
import type { Migration } from "../migrations/read-migrations.ts";
import { type Token, tokenize } from "../sql/lexer.ts";
import { splitStatements } from "../sql/statements.ts";
import { textOf } from "../sql/tokens.ts";
import type { StatementFailure } from "./rehearsal.ts";

export interface LocatedStatement {
  readonly sql: string;
  readonly line: number;
}

/** A piece between breakpoints may hold several statements: each locks by itself. */
export function statementsOf({ text, statements }: Pick<Migration, "text" | "statements">): LocatedStatement[] {
  let at = 0;
  return statements.flatMap((piece) => {
    const found = statementsIn(piece, text, at);
    at = text.indexOf(piece, at) + piece.length;
    return found;
  });
}

/**
 * Comments before a statement are left out.
 *
 * @param from - where the piece is looked for in the text
 */
export function statementsIn(piece: string, text: string = piece, from = 0): LocatedStatement[] {
  const tokens = tokenize(piece);
  const lines = new Map<Token, number>();
  let line = 1 + breaksIn(text.slice(0, text.indexOf(piece, from)));
  for (const token of tokens) {
    lines.set(token, line);
    line += breaksIn(token.text);
  }
  return splitStatements(tokens).map(({ tokens }) => ({
    sql: textOf(tokens).trimEnd(),
    line: lines.get(tokens[0] as Token) as number,
  }));
}

const breaksIn = (text: string): number => text.split("\n").length - 1;

const ENDS = new Set(["begin", "start", "commit", "end", "rollback", "abort", "prepare"]);

/** Why a statement is not even sent: it would end the transaction that is to be undone, or wait for ever. */
export function refusalOf(sql: string): StatementFailure | undefined {
  if (copyFromStdin(sql)) return { words: COPY_FROM_STDIN, next: COPY_REMEDY };
  const [first = "", second = "", third = ""] = splitStatements(tokenize(sql))[0]?.words ?? [];
  if (!ENDS.has(first)) return undefined;
  // these stay within the transaction
  if (first === "rollback" && [second, third].includes("to")) return undefined;
  if (first === "prepare" && second !== "transaction") return undefined;
  return {
    words: `Drizzle runs all pending migrations in one transaction, which ${first.toUpperCase()} would ${/begin|start/.test(first) ? "begin again" : "end in the middle"}: a later failure would leave half of them`,
    next: "leave it out; what can't run in a transaction is done by hand, before or after",
  };
}
