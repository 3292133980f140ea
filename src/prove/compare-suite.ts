/** The second run of the suite: which alterations make a difference, and in which files of tests. */
import { type Comparison, readNotes, writeWork } from "./work.ts";

export interface ComparedSuite {
  /** By the ids of alterations. */
  readonly alterations: ReadonlyMap<string, ComparedAlteration>;
  /** Of parameters, by the text of their query. */
  readonly types: ReadonlyMap<string, readonly string[]>;
  /** Queries that were compared. */
  readonly judged: ReadonlySet<string>;
  /** Why alterations of a query cannot be judged, by its text. */
  readonly left: ReadonlyMap<string, string>;
  /** Whether a test failed that does not without comparing: then what did not differ may just not have run. */
  readonly hasFailed: boolean;
}

export interface ComparedAlteration {
  /** Files in which it made a difference. */
  readonly differs: Set<string>;
  /** Files in which it could not be compared. */
  readonly unknown: Set<string>;
  isRefused: boolean;
}

interface Suite {
  readonly places: readonly string[];
  readonly folder: string;
  runSuite(isShown: boolean, limit?: number): Promise<number>;
}

export async function compareSuite(
  { places, folder, runSuite }: Suite,
  queries: readonly Comparison[],
): Promise<ComparedSuite> {
  writeWork(folder, { places, mode: "compare", queries });
  const code = await runSuite(false);
  const alterations = new Map<string, ComparedAlteration>();
  const types = new Map<string, readonly string[]>();
  const judged = new Set<string>();
  const left = new Map<string, string>();
  for (const note of readNotes(folder)) {
    if (note.is === "judged") {
      judged.add(note.text);
      if (note.types.length > 0) types.set(note.text, note.types);
      if (note.why) left.set(note.text, note.why);
    }
    if (note.is !== "compared") continue;
    const known = alterations.get(note.id) ?? { differs: new Set(), unknown: new Set(), isRefused: false };
    alterations.set(note.id, known);
    if (note.outcome === "refused") known.isRefused = true;
    else known[note.outcome].add(note.file ?? "");
  }
  return { alterations, types, judged, left, hasFailed: code !== 0 };
}
