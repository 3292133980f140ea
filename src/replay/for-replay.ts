/** What pg_dump writes for psql and for another database, made fit for one transaction in a database of ours. */
import { type Token, tokenize } from "../sql/lexer.ts";
import type { Statement } from "../sql/statements.ts";
import { textOf } from "../sql/tokens.ts";

/**
 * What a replay inside one transaction needs of a statement: nothing, itself, or its `SET` as `SET LOCAL`.
 *
 * @param owner - who makes units, and so owns everything in them that the dump gives to nobody else
 */
export function forReplay({ tokens, words }: Statement, owner: string): readonly Token[] | undefined {
  const [first, second, third] = words;
  if (first === undefined) return undefined;
  if (first === "set") {
    if (second !== "default_tablespace" && second !== "default_table_access_method") return undefined;
    return tokens.map((token) => (/^set$/i.test(token.text) ? { kind: "word", text: "SET LOCAL" } : token));
  }
  if (first === "select" && second === "pg_catalog" && third === "set_config") return undefined;
  if (first === "create" && second === "schema") return undefined;
  if (first === "alter" && words.at(-3) === "owner" && words.at(-2) === "to") {
    if (second === "schema" || words.at(-1) === owner) return undefined;
  }
  // the comment that `public` is born with is none
  if (first === "comment" && words[2] === "schema" && textOf(tokens).endsWith(" IS 'standard public schema'"))
    return undefined;
  return mended({ tokens, words });
}

/** The statement as it means what the dumped database has; nothing where it means nothing. */
export function mended({ tokens, words }: Statement): readonly Token[] | undefined {
  if (words[0] === "insert") return withNegativeZeros(tokens);
  if (words[0] === "alter" && words.includes("pg_attver")) return withoutAttributeVersion(tokens);
  return tokens;
}

/** pg_dump prints the negative zero of a float without quotes, and then it would be read as the zero of an integer. */
function withNegativeZeros(tokens: readonly Token[]): readonly Token[] {
  const isNegativeZero = (token: Token | undefined, after: Token | undefined): boolean =>
    token?.text === "-" && after?.text === "0";
  return tokens.flatMap((token, index) => {
    if (isNegativeZero(token, tokens[index + 1])) return { kind: "string", text: "'-0'" };
    return isNegativeZero(tokens[index - 1], token) ? [] : token;
  });
}

/**
 * PostgreSQL 15.20 has a number of its own, `pg_attver`, among the options of a column. pg_dump takes it for a user's option
 * and prints it; but the server keeps the number that it has, and other versions refuse an option of that name.
 */
function withoutAttributeVersion(tokens: readonly Token[]): readonly Token[] | undefined {
  const text = textOf(tokens);
  const cleaned = text.replace(/,\s*"?pg_attver"?\s*=\s*'?\d+'?|"?pg_attver"?\s*=\s*'?\d+'?\s*,?\s*/g, "");
  return /SET\s*\(\s*\)/i.test(cleaned) ? undefined : tokenize(cleaned);
}
