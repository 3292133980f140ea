/** What a proof has found, as every report reads it. */

/**
 * What becomes of an alteration:
 * - `noticed`: a test failed with the altered query
 * - `unasserted`: it changed what the query did in a test, and no test failed
 * - `unreached`: in no test did it change what the query did
 * - `refused`: Postgres refuses the altered query, which says nothing about tests
 * - `undecided`: no test could be asked, or the time was up; `why` says which
 */
export type Fate = "noticed" | "unasserted" | "unreached" | "refused" | "undecided";

/** What kinds of alterations there are, in the order in which real suites miss them. */
export const KINDS = [
  "condition-dropped",
  "condition-negated",
  "join-changed",
  "bound-shifted",
  "and-or",
  "null-test-turned",
  "membership-turned",
  "pattern-changed",
  "distinct-dropped",
  "grouping-changed",
  "aggregate-changed",
  "order-turned",
  "order-dropped",
  "limit-changed",
  "offset-changed",
  "default-dropped",
  "union-changed",
  "assignment-dropped",
  "conflict-changed",
  "returned-column-emptied",
] as const;

export type Kind = (typeof KINDS)[number];

/** The most telling first. */
export const byKind = (a: { readonly kind: Kind }, b: { readonly kind: Kind }): number =>
  KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);

/** A test, by its file and, where the runner tells, its name. */
export interface Test {
  /** Relative to the working directory. */
  readonly file: string;
  readonly name?: string;
}

/** One alteration of one query. */
export interface ProvenAlteration {
  /** The same from run to run, as long as neither the query nor the alteration changes. */
  readonly id: string;
  readonly kind: Kind;
  /** Where in the syntax tree: alterations of the same clause share it. */
  readonly site: string;
  /** What no test would notice, as the rest of a sentence: `teams with another "status" were listed too`. */
  readonly defect: string;
  /** What would reach or notice it: a row to add, where it is unreached; an assertion, where it is unasserted. */
  readonly advice: string;
  /**
   * The query that is altered, printed as the altered one is. One line may send queries that differ in their values, or in a condition
   * more.
   */
  readonly before: string;
  /** The altered query. */
  readonly sql: string;
  readonly fate: Fate;
  /** Of an alteration that is noticed, the file whose tests failed. */
  readonly noticedBy?: string;
  /** Of an alteration that is undecided. */
  readonly why?: string;
  /** The column of `--scoped-by` whose condition is dropped or negated. */
  readonly scope?: string;
  /** Whether the baseline has it: known, and not counted as new. */
  readonly isKnown: boolean;
}

/** A query of the application, with those of the same line that are about the same tables. */
export interface ProvenQuery {
  /** As the driver was given it, with `$1`, `$2` …; of several, the one that ran most. */
  readonly sql: string;
  /** The first line outside of packages that asked for it, such as `src/teams.ts:14:22`, and others that did. */
  readonly sources: readonly string[];
  /** Of `$1`, `$2` …, as Postgres names them. Empty where it was not found out. */
  readonly parameterTypes: readonly string[];
  readonly tests: readonly Test[];
  /** How often the suite ran it. */
  readonly runs: number;
  readonly alterations: readonly ProvenAlteration[];
  /** Tables with a column of `--scoped-by` of which no condition of the query is. */
  readonly unscoped: readonly { readonly table: string; readonly column: string }[];
}

/** A query that was not altered. */
export interface LeftAlone {
  readonly sql: string;
  readonly sources: readonly string[];
  /** Such as `its own result differs when it runs twice`. */
  readonly why: string;
}

export interface Proof {
  /** The command whose tests were asked. */
  readonly command: string;
  readonly queries: readonly ProvenQuery[];
  readonly leftAlone: readonly LeftAlone[];
  /** How many queries only tests send, or are left out by `--only`. */
  readonly ofTests: number;
  /** What `--scoped-by` named. */
  readonly scopedBy: readonly string[];
  /** Milliseconds. */
  readonly took: number;
}

export interface Counts {
  readonly noticed: number;
  readonly unasserted: number;
  readonly unreached: number;
  readonly refused: number;
  readonly undecided: number;
  /** Of what was decided, what was noticed, in percent with one digit; 100 where nothing was decided. */
  readonly score: number;
  /** The same, if all that is undecided were noticed: a limit that fails by it fails whatever there is time for. */
  readonly bestScore: number;
  /** Unasserted or unreached, and not in the baseline. */
  readonly fresh: number;
}

/** Whether no test would notice it. */
export const survives = ({ fate }: Pick<ProvenAlteration, "fate">): boolean =>
  fate === "unasserted" || fate === "unreached";

export function countsOf(alterations: readonly Pick<ProvenAlteration, "fate" | "isKnown">[]): Counts {
  const count = (fate: Fate): number => alterations.filter((each) => each.fate === fate).length;
  const noticed = count("noticed");
  const survivors = alterations.filter(survives);
  const undecided = count("undecided");
  const percent = (part: number, whole: number): number =>
    whole === 0 ? 100 : Math.floor((part / whole) * 1_000) / 10;
  return {
    noticed,
    unasserted: count("unasserted"),
    unreached: count("unreached"),
    refused: count("refused"),
    undecided,
    score: percent(noticed, noticed + survivors.length),
    bestScore: percent(noticed + undecided, noticed + undecided + survivors.length),
    fresh: survivors.filter(({ isKnown }) => !isKnown).length,
  };
}
