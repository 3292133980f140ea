/** An alteration as reports of mutation testing have it. */
import { type Fate, type ProvenAlteration, type ProvenQuery, survives } from "../proof.ts";
import { FATES_IN_WORDS } from "./words.ts";

export interface Mutant {
  readonly id: string;
  readonly mutatorName: string;
  /** The altered SQL. */
  readonly replacement: string;
  readonly description: string;
  readonly location: Location;
  readonly status: Status;
  readonly statusReason: string;
  readonly coveredBy?: readonly string[];
  readonly killedBy?: readonly string[];
}

/** From 1; the end is behind the last character. */
export interface Location {
  readonly start: Position;
  readonly end: Position;
}

type Position = { readonly line: number; readonly column: number };
type Status = "Killed" | "Survived" | "NoCoverage" | "CompileError" | "Ignored";

const STATUSES: Readonly<Record<Fate, Status>> = {
  noticed: "Killed",
  unasserted: "Survived",
  unreached: "NoCoverage",
  refused: "CompileError",
  undecided: "Ignored",
};

export const mutantsOf = (query: ProvenQuery, location: Location): Mutant[] =>
  query.alterations.map((alteration) => ({
    id: alteration.id,
    mutatorName: alteration.kind,
    replacement: alteration.sql,
    description: `no test would notice if ${alteration.defect}`,
    location,
    status: STATUSES[alteration.fate],
    statusReason: reasonOf(alteration),
    ...testsOf(query, alteration),
  }));

function reasonOf(alteration: ProvenAlteration): string {
  const { fate, why, advice, isKnown } = alteration;
  if (fate === "undecided") return why ?? FATES_IN_WORDS.undecided;
  if (!survives(alteration)) return FATES_IN_WORDS[fate];
  return `${isKnown ? "known: " : ""}${FATES_IN_WORDS[fate]}. ${advice}`;
}

/** Where no test reaches what is altered, the tests that run the query cover nothing of it. */
function testsOf(
  { tests }: ProvenQuery,
  { fate, noticedBy }: ProvenAlteration,
): Pick<Mutant, "coveredBy" | "killedBy"> {
  if (fate !== "noticed" && fate !== "unasserted") return {};
  const killedBy = noticedBy === undefined ? [] : [noticedBy];
  return { coveredBy: [...new Set([...tests.map(({ file }) => file), ...killedBy])], killedBy };
}
