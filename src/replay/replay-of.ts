/**
 * Makes the snapshot of a home's origin into what makes a unit, once the origin's name in it is replaced by the unit's. All that
 * Postgres knows by more than its text says the origin's name already. What is left is text that says `public`: it is made to say
 * the origin where it plainly means that, left alone where it is plainly data, and a doubt everywhere else. A doubt is a
 * reason for a database, which costs little; a wrong guess would be found by nobody.
 */
import { type Token, tokenize } from "../sql/lexer.ts";
import { type Statement, splitStatements } from "../sql/statements.ts";
import { textOf } from "../sql/tokens.ts";
import { codeFor, routineFor } from "./bodies.ts";
import { type CreationOrder, inCreationOrder } from "./creation-order.ts";
import type { Findings, Names } from "./findings.ts";
import { forReplay } from "./for-replay.ts";
import { saysPublic } from "./says-public.ts";

/** What units are made from, and what of it is needed again. The origin's name stands for the unit's everywhere. */
export interface Replay {
  readonly sql: string;
  /** The rows that the migrations left, table by table, in the order of the dump. */
  readonly seeds: readonly { readonly table: string; readonly sql: string }[];
  /** Functions whose text holds the name, which does not follow a rename: to be run after each. */
  readonly boundFunctions: string;
}

/** Whose dump it is. */
export interface Origin extends Pick<Names, "origin" | "own" | "members"> {
  /** Who makes units, and so owns everything in them that the dump gives to nobody else. */
  readonly owner: string;
  readonly order: CreationOrder;
}

/**
 * Pure.
 *
 * @param dump - pg_dump's of the schema `origin`, with every identifier quoted
 * @returns the replay; or why a unit under another name may not be the same, in words
 */
export function replayOf(dump: string, { owner, order, ...rest }: Origin): Replay | { readonly doubt: string } {
  const names: Names = { ...rest, isField: dump.includes(`"public" "${rest.origin}".`) };
  const findings: Findings = {
    doubts: [],
    ifLookedUp: [],
    ifCompared: [],
    ifRun: [],
    looksUp: false,
    runs: false,
    tells: false,
  };
  // operators that a deparsed definition can't qualify, as in IS DISTINCT FROM, are found as they were in public
  const sql = [`set local search_path to ${rest.origin}, public;\ngrant usage on schema ${rest.origin} to public;\n`];
  const seeds = new Map<string, string[]>();
  const bound: string[] = [];
  for (const statement of inCreationOrder(splitStatements(tokenize(dump)), order)) {
    const tokens = forReplay(statement, owner);
    if (!tokens) continue;
    const before = textOf(tokens);
    const text = textFor(statement, tokens, before, names, findings);
    sql.push(`${text};\n`);
    if (text !== before) bound.push(text.replace(/^create\s+(?=function|procedure)/i, "CREATE OR REPLACE "));
    const [first, , schema, table] = statement.words;
    if (first !== "insert" || schema !== rest.origin || table === undefined) continue;
    const rows = seeds.get(table);
    if (rows) rows.push(text);
    else seeds.set(table, [text]);
  }
  const { looksUp, runs, tells } = findings;
  const doubts = [
    ...findings.doubts,
    ...(looksUp ? findings.ifLookedUp : []),
    ...(tells ? findings.ifCompared : []),
    ...(runs ? findings.ifRun : []),
  ];
  if (doubts.length > 0) return { doubt: [...new Set(doubts)].slice(0, TOLD).join("; ") };
  return {
    sql: sql.join(""),
    seeds: [...seeds].map(([table, statements]) => ({ table, sql: statements.join(";\n") })),
    boundFunctions: bound.join(";\n"),
  };
}

/** How many doubts are told. */
const TOLD = 3;

function textFor(
  { words }: Statement,
  tokens: readonly Token[],
  before: string,
  names: Names,
  findings: Findings,
): string {
  const kind = words.slice(0, 6).join(" ");
  const what = label(words, names.origin);
  if (kind.startsWith("insert ") && /'"?public"?[.']/i.test(before))
    findings.ifRun.push(`a row of ${words[3]} says public`);
  if (DATA.test(kind)) return before;
  if (ROUTINE.test(kind)) return routineFor(tokens, what, names, findings);
  if (EXPRESSIONS.test(kind)) {
    // in front of it are a policy's roles
    const from = kind.startsWith("create policy") ? tokens.findIndex(({ text }) => /^(using|with)$/i.test(text)) : 0;
    if (from >= 0) codeFor(tokens.slice(from), what, names, findings, STORED.test(kind) ? "stored" : "printed");
  } else if (tokens.some(saysPublic)) findings.doubts.push(`${what} says public`);
  return before;
}

const DATA = /^(insert |comment |create type \S+ \S+ as enum|alter type )/;
const ROUTINE = /^create (function|procedure) /;
const EXPRESSIONS =
  /^(create (unlogged |foreign |materialized |or replace |recursive |unique |constraint )*(table|view|index|trigger|rule|policy|domain|statistics) |alter (foreign )?table |alter (materialized )?view |alter domain )/;

const STORED =
  /^(create (unlogged |foreign )*(table|policy|domain) |create (unique )?index |alter (foreign )?table |alter domain )/;

/** `function count_of`, `table users`. */
function label(words: readonly string[], origin: string): string {
  const at = words.indexOf(origin);
  const kind = /function|procedure|trigger|policy|index|view|rule|domain|statistics|table/.exec(
    words.slice(0, at).join(" "),
  );
  const name = kind && /trigger|policy|index|rule/.test(kind[0]) ? words[words.indexOf(kind[0]) + 1] : words[at + 1];
  return `the ${kind?.[0] ?? words.slice(0, 2).join(" ")} ${name}`;
}
