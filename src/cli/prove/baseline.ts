/** A file with what is known to be unnoticed, so that a build fails only because of what is new. */
import { readFileSync, writeFileSync } from "node:fs";
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
    const { known } = JSON.parse(readFileSync(file, "utf8")) as Baseline;
    return new Set(Object.keys(known));
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The baseline ${file} cannot be read`,
      why: wordsOf(cause).split("\n")[0],
      next: `npx with-test-db prove --update-baseline ${shellWord(file)} -- npm test`,
      cause,
    });
  }
}

/** In an order that lines of queries do not change. @returns how many there are */
export function writeBaseline(file: string, { queries }: Proof): number {
  const known = queries.flatMap(({ alterations, sources }) =>
    alterations.filter(survives).map(({ id, defect }): [string, string] => [id, `${placeOf(sources[0])}${defect}`]),
  );
  known.sort(([a, one], [b, other]) => (one < other ? -1 : one > other ? 1 : a < b ? -1 : 1));
  writeReport(file, "--update-baseline", `${JSON.stringify({ known: Object.fromEntries(known) }, null, 2)}\n`);
  return known.length;
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
