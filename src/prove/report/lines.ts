/** A proof for people, on a terminal: what no test would notice, what keeps tenants apart, and what was not asked. */
import { counted, grouped, msInWords, shortened } from "../../words.ts";
import { type Counts, countsOf, type Fate, type Proof, type ProvenAlteration } from "../proof.ts";
import { EMPTY, type Line, line, WIDTH, wrapped } from "./line.ts";
import { queryLines } from "./query-lines.ts";
import { leftAloneLines, undecidedLines } from "./rest-lines.ts";
import { scopeLines } from "./scope-lines.ts";
import { scopesOf } from "./scopes.ts";
import { weakQueries } from "./weak-clauses.ts";
import { FATES_IN_WORDS, fatesOf, scoreInWords } from "./words.ts";

export function proofLines(proof: Proof): Line[] {
  const alterations = proof.queries.flatMap((query) => query.alterations);
  return [
    line(headOf(proof, alterations.length)),
    // what is scoped is said by its section
    ...weakQueries(proof.queries.map(withoutScoped)).flatMap((query) => [EMPTY, ...queryLines(query)]),
    ...scopesOf(proof).flatMap(scopeLines),
    ...leftAloneLines(proof.leftAlone),
    ...undecidedLines(proof.queries),
    ...legend(alterations),
    EMPTY,
    lastLine(proof, countsOf(alterations)),
  ];
}

function headOf({ queries, leftAlone, command }: Proof, alterations: number): string {
  const altered = `${counted(alterations, "alteration", "alterations")} of ${counted(queries.length, "query", "queries")}`;
  const others = leftAlone.length > 0 ? `, and ${grouped(leftAlone.length)} left alone` : "";
  return shortened(`${altered}${others}, asked of ${command}`, WIDTH);
}

const withoutScoped = (query: Proof["queries"][number]): Proof["queries"][number] => ({
  ...query,
  alterations: query.alterations.filter(({ scope }) => scope === undefined),
});

function legend(alterations: readonly ProvenAlteration[]): Line[] {
  const said = fatesOf(alterations.filter(({ isKnown }) => !isKnown));
  const fates = (["unasserted", "unreached"] satisfies Fate[]).filter((fate) => said.has(fate));
  return fates.length === 0
    ? []
    : [EMPTY, ...fates.flatMap((fate) => wrapped(`${fate}: ${FATES_IN_WORDS[fate]}`, { tone: "dim" }))];
}

function lastLine({ took }: Proof, counts: Counts): Line {
  const { noticed, unasserted, unreached, refused, undecided, fresh } = counts;
  const known = unasserted + unreached - fresh;
  const figures = [
    `${noticed} noticed`,
    `${unasserted} unasserted`,
    `${unreached} unreached${known > 0 ? ` (${known} of these known)` : ""}`,
    refused > 0 && `${refused} refused`,
    undecided > 0 && `${undecided} undecided`,
    msInWords(took),
  ].filter(Boolean);
  const tone = fresh > 0 ? "red" : noticed > 0 ? "green" : "yellow";
  return [{ text: `score ${scoreInWords(counts)}`, tone }, { text: `: ${figures.join(", ")}` }];
}
