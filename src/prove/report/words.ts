/** What reports say in words, the same on a terminal and on a page. */
import { byKey } from "../../by-key.ts";
import { type Counts, type Fate, type Kind, type ProvenAlteration, type ProvenQuery, survives } from "../proof.ts";

/** What becomes of an alteration, as a sentence without its full stop. */
export const FATES_IN_WORDS: Readonly<Record<Fate, string>> = {
  noticed: "a test failed with the altered query",
  unasserted: "in a test the altered query did something else, and no test failed",
  unreached: "in no test did the altered query do anything else",
  refused: "Postgres refuses the altered query",
  undecided: "no test could be asked, or the time was up",
};

export const kindInWords = (kind: Kind): string =>
  kind === "and-or" ? "AND and OR exchanged" : kind.replaceAll("-", " ");

/** Such as `condition negated, bound shifted (2 ways), limit changed (unreached)`: a fate only where it is another one. */
export const othersInWords = (also: readonly ProvenAlteration[], fate: Fate): string =>
  [...byKey(also, (each) => `${kindInWords(each.kind)} ${each.fate}`).values()]
    .flatMap(([first, ...same]) => {
      if (!first) return [];
      const remarks = [same.length > 0 && `${same.length + 1} ways`, first.fate !== fate && first.fate].filter(Boolean);
      return `${kindInWords(first.kind)}${remarks.length > 0 ? ` (${remarks.join(", ")})` : ""}`;
    })
    .join(", ");

/** Such as `87.5 %`, and none where nothing was decided. */
export const scoreInWords = ({ noticed, unasserted, unreached, undecided, score }: Counts): string =>
  noticed + unasserted + unreached === 0 ? "none" : `${score} %${undecided > 0 ? " of what was decided" : ""}`;

/** The first source, which editors and terminals open. */
export const sourceOf = ({ sources }: Pick<ProvenQuery, "sources">): string | undefined => sources[0];

export const fatesOf = (alterations: readonly ProvenAlteration[]): Set<Fate> =>
  new Set(alterations.filter(survives).map(({ fate }) => fate));
