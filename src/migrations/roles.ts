/**
 * `CREATE ROLE` by itself works once per server, where migrations run for every database. A role that they make so bears our
 * mark, a comment with the statement's digest. Where that very statement comes again it is left out: the role is there. No role
 * is ever changed or dropped here, and one without the mark is somebody's: Postgres refuses to make it again.
 */
import { createHash } from "node:crypto";
import type { Session } from "../connections/session.ts";
import { MARK } from "../control/databases.ts";
import { ident, literal, shellWord } from "../sql/identifiers.ts";
import { identifierName, type Token, tokenize } from "../sql/lexer.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { splitStatements } from "../sql/statements.ts";
import { meaningful, textOf, wordIs } from "../sql/tokens.ts";

/** A statement that makes a role. */
interface Making {
  readonly role: string;
  readonly mark: string;
  readonly tokens: readonly Token[];
}

/** SQL that makes roles, taken apart. */
interface Script {
  readonly tokens: readonly Token[];
  readonly makings: readonly Making[];
  /** Whether it ends the transaction that it runs in, so that nothing can be tried again. */
  readonly endsTransaction: boolean;
}

const ENDS = new Set(["begin", "start", "commit", "end", "rollback", "abort", "prepare"]);
const SAVEPOINT = ident("with-test-db");

export const makesRoles = (sql: string): boolean => read(sql) !== undefined;

/** Runs SQL as the session's `script` does, but for making roles of ours that are there. */
export async function scriptWithRoles(session: Session, sql: string): Promise<void> {
  const script = read(sql);
  if (!script) return session.script(sql);
  const there = await commentsOn(session, script);
  // outside of a transaction it is refused, and not needed
  const isSaved = !script.endsTransaction && (await succeeds(session.script(`savepoint ${SAVEPOINT}`)));
  try {
    await session.script(textFor(script, there));
  } catch (error) {
    if (script.endsTransaction || !isTaken(error)) throw error;
    if (isSaved) await session.script(`rollback to savepoint ${SAVEPOINT}`);
    // another process with the same migrations, for another database, made it meanwhile
    const now = await commentsOn(session, script);
    if (now.size === there.size) throw error;
    await session.script(textFor(script, now));
  }
  if (isSaved) await session.script(`release savepoint ${SAVEPOINT}`);
}

/** What to do where another statement made the role, or somebody else; undefined for any other failure. */
export function takenRemedy(error: unknown, sql: string): string | undefined {
  const making = isTaken(error) ? read(sql)?.makings[0] : undefined;
  if (!making) return undefined;
  const drop = `psql -c ${shellWord(`drop role ${ident(making.role)}`)}`;
  return `make the role in a DO block that looks into pg_roles first, since it belongs to the whole server; or, if nobody else needs the one that is there: npx with-test-db sweep --all, then ${drop}`;
}

/** The code of the second comes where two make it at the same time. */
const isTaken = (error: unknown): boolean =>
  ([SQLSTATE.duplicateObject, SQLSTATE.uniqueViolation] as unknown[]).includes(postgresError(error)?.code);

function read(sql: string): Script | undefined {
  // to take every statement apart would cost more than to run it
  if (!/\bcreate\s+(role|user|group)\b/i.test(sql)) return undefined;
  const tokens = tokenize(sql);
  const statements = splitStatements(tokens);
  const makings = statements.flatMap((statement, index): Making[] => {
    const [create, what, name, follows] = meaningful(statement.tokens);
    const role = identifierName(name);
    const isRole = wordIs(create, "create") && ["role", "user", "group"].some((word) => wordIs(what, word));
    const isMapping = wordIs(name, "mapping") && (wordIs(follows, "for") || wordIs(follows, "if"));
    if (!isRole || isMapping || role === undefined) return [];
    // where the same message drops it first, it will not be there
    if (statements.slice(0, index).some(({ words: [verb, ...rest] }) => verb === "drop" && rest.includes(role)))
      return [];
    const text = meaningful(statement.tokens).map((token) => token.text);
    const digest = createHash("sha256").update(JSON.stringify(text)).digest("hex");
    return [{ role, mark: `${MARK} ${digest.slice(0, 24)}`, tokens: statement.tokens }];
  });
  if (makings.length === 0) return undefined;
  return { tokens, makings, endsTransaction: statements.some(({ words: [first = ""] }) => ENDS.has(first)) };
}

type Comments = ReadonlyMap<string, string | null>;

/** Those of the script's roles that are there, each with the comment on it. */
async function commentsOn(session: Session, { makings }: Script): Promise<Comments> {
  const found = await session.rows<{ role: string; comment: string | null }>(
    `select value as role, pg_catalog.shobj_description(oid, 'pg_authid') as comment
       from pg_catalog.json_array_elements_text($1::text::json) join pg_catalog.pg_roles on rolname = value::name`,
    [JSON.stringify(makings.map(({ role }) => role))],
  );
  return new Map(found.map(({ role, comment }) => [role, comment]));
}

/** The SQL in which a role that is made is marked, and one that was made by the same statement is not made again. */
function textFor({ tokens, makings }: Script, there: Comments): string {
  const instead = new Map<Token, string>();
  for (const { role, mark, tokens: statement } of makings) {
    const last = meaningful(statement).at(-1) as Token;
    if (!there.has(role)) instead.set(last, `${last.text}; comment on role ${ident(role)} is ${literal(mark)}`);
    else if (there.get(role) === mark)
      for (const token of statement) instead.set(token, token.text.replace(/\S/g, " "));
  }
  return textOf(tokens.map((token) => ({ ...token, text: instead.get(token) ?? token.text })));
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
