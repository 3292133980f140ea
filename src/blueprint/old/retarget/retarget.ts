/**
 * Turns a dump of one schema into SQL that makes the same thing in a schema of another name.
 *
 * A dump is machine-made: every identifier in it is quoted and every reference is qualified, so outside of function
 * bodies a token `"public"` before a dot is the schema exactly when what follows is one of its objects. Bodies are
 * people's text: there every `public.` is the schema, and literals are changed only where they name an object of it.
 * Data, comments, defaults and checks that merely contain the word are never touched.
 */
import { identifierName, type Token, tokenize } from "../../../sql/lexer.ts";
import { type Statement, splitStatements } from "../../../sql/statements.ts";
import { mapLiteral, next, previous, textOf, wordIs } from "../../../sql/tokens.ts";
import { isObjectNameLiteral } from "./is-object-name-literal.ts";
import { retargetBody } from "./retarget-body.ts";
import { retargetNames, retargetTokens } from "./retarget-tokens.ts";
import type { Retargeting } from "./retargeting.ts";

/** The statements that make the unit, without what only psql or another database needs. */
export function retarget(dump: string, into: Retargeting): string {
  const out: string[] = [];
  for (const statement of splitStatements(tokenize(dump))) {
    const kept = forReplay(statement, into.owner);
    if (kept) out.push(`${retargetStatement({ ...statement, tokens: kept }, into)};\n`);
  }
  return out.join("");
}

/** One definition as Postgres deparses it (`pg_get_viewdef` and its like), retargeted. */
export const retargetDefinition = (sql: string, into: Retargeting): string =>
  splitStatements(tokenize(sql))
    .map((statement) => retargetStatement(statement, into))
    .join(";\n");

/** What a replay inside one transaction needs of a statement: nothing, itself, or its `SET` as `SET LOCAL`. */
function forReplay({ tokens, words }: Statement, owner: string): readonly Token[] | undefined {
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
  if (first === "insert") return withNegativeZeros(tokens);
  if (first === "alter" && words.includes("pg_attver")) return withoutAttributeVersion(tokens);
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

function retargetStatement({ tokens, words }: Statement, into: Retargeting): string {
  const isRoutine = /^create (or replace )?(function|procedure) /.test(words.slice(0, 5).join(" "));
  const language = isRoutine ? routineLanguage(tokens) : undefined;
  return retargetTokens(tokens, into, (index, token) => {
    const before = previous(tokens, index);
    if (isRoutine && wordIs(tokens[before], "as")) return retargetBody(token, language, into);
    if (isObjectNameLiteral(tokens, index)) return mapLiteral(token, (content) => retargetNames(content, into));
    return token.text;
  });
}

function routineLanguage(tokens: readonly Token[]): string | undefined {
  const at = tokens.findIndex((token) => wordIs(token, "language"));
  return at < 0 ? undefined : identifierName(tokens[next(tokens, at)])?.toLowerCase();
}
