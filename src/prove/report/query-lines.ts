/** A query on a terminal, with what no test would notice of it. */
import { counted } from "../../words.ts";
import type { ProvenAlteration, ProvenQuery } from "../proof.ts";
import { type Line, labelled, line, type Tone, WIDTH, wrapped } from "./line.ts";
import { shortSql } from "./short-sql.ts";
import type { WeakClause, WeakQuery } from "./weak-clauses.ts";
import { knownOf } from "./weak-clauses.ts";
import { othersInWords, sourceOf } from "./words.ts";

const INDENT = 2;
/** Of `unasserted`, its indentation, and two blanks. */
const LABEL = INDENT + "unasserted".length + 2;

export const queryLines = ({ query, clauses }: WeakQuery): Line[] => [
  placeLine(query),
  line(`  ${shortSql(query.sql, WIDTH - INDENT)}`, "dim"),
  ...clauses.flatMap(clauseLines),
  ...knownLines(knownOf(query.alterations).filter(({ scope }) => scope === undefined)),
];

/** The first source begins the line, as terminals link it. */
export function placeLine(query: Pick<ProvenQuery, "sources">): Line {
  const others = query.sources.length - 1;
  const place = { text: sourceOf(query) ?? "(no source)", tone: "bold" } as const;
  return others > 0
    ? [place, { text: `  and ${counted(others, "other place", "other places")}`, tone: "dim" }]
    : [place];
}

export function clauseLines({ first, also }: WeakClause): Line[] {
  const label = { text: `${" ".repeat(INDENT)}${first.fate}`, tone: TONES[first.fate] };
  const sentence = wrapped(`no test would notice if ${first.defect}`, { indent: LABEL });
  return [
    ...labelled(label, LABEL, sentence),
    ...wrapped(first.advice, { indent: LABEL, tone: "dim" }),
    ...(also.length > 0 ? wrapped(`also: ${othersInWords(also, first.fate)}`, { indent: LABEL, tone: "dim" }) : []),
  ];
}

const TONES: Readonly<Partial<Record<ProvenAlteration["fate"], Tone>>> = { unasserted: "red", unreached: "yellow" };

const knownLines = (known: readonly ProvenAlteration[]): Line[] =>
  known.length === 0 ? [] : [line(`${" ".repeat(INDENT)}${known.length} known`, "dim")];
