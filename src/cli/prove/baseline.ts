/** A file with what is known to be unnoticed, so that a build fails only because of what is new. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { TestDbError, wordsOf } from "../../errors.ts";
import { type Proof, survives } from "../../prove/proof.ts";
import { shellWord } from "../../sql/identifiers.ts";

interface Baseline {
  /** What no test notices, by the id of the alteration: words, and the file of the query. */
  readonly known: Readonly<Record<string, string>>;
}

/** @throws TestDbError `OPTION_INVALID` */
export function readBaseline(file: string): ReadonlySet<string> {
  try {
    return new Set(Object.keys(readKnown(file)));
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The baseline ${file} cannot be read`,
      why: wordsOf(cause).split("\n")[0],
      next: `npx with-test-db prove --update-baseline ${shellWord(file)} -- npm test`,
      cause,
    });
  }
}

function readKnown(file: string): Baseline["known"] {
  const { known } = JSON.parse(readFileSync(file, "utf8")) as Partial<Baseline>;
  if (typeof known === "object" && known !== null) return known;
  throw new Error("it has no list of what is known, and was written by something else");
}

/**
 * In an order that lines of queries do not change.
 *
 * @param isWhole - whether all queries were proven: else what the file has of others stays
 * @returns how many are in the file
 */
export function writeBaseline(file: string, { queries }: Proof, isWhole: boolean): number {
  const known = new Map<string, string>(isWhole || !existsSync(file) ? [] : Object.entries(readKnown(file)));
  for (const { alterations, sources } of queries) {
    for (const alteration of alterations) {
      if (survives(alteration)) known.set(alteration.id, `${placeOf(sources[0])}${alteration.defect}`);
      else if (alteration.fate !== "undecided") known.delete(alteration.id);
    }
  }
  const sorted = [...known].sort(([a, one], [b, other]) => (one < other ? -1 : one > other ? 1 : a < b ? -1 : 1));
  writeReport(file, "--update-baseline", `${JSON.stringify({ known: Object.fromEntries(sorted) }, null, 2)}\n`);
  return sorted.length;
}

/** Without the line: it changes with all that is above. */
const placeOf = (source: string | undefined): string => (source ? `${source.replace(/:\d+:\d+$/, "")}: ` : "");

/** @throws TestDbError `OPTION_INVALID` */
export function writeReport(file: string, option: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The file ${file} of ${option} cannot be written`,
      why: wordsOf(cause),
      next: "name a file in a folder that is there",
      cause,
    });
  }
}
