/**
 * What a proof tells the processes of a test command, and what they tell. Both are files of one folder, whose path is in an environment
 * variable: whatever starts processes hands that on.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import type { TableFacts } from "./sql/facts.ts";

export const PROVE = "WITH_TEST_DB_PROOF";

/** What a process does with each query before it is sent. */
export type Work = {
  /** Folders from which the drivers are looked for. */
  readonly places: readonly string[];
} & (
  | { readonly mode: "record" }
  | { readonly mode: "compare"; readonly queries: readonly Comparison[] }
  | { readonly mode: "alter"; readonly alteration: Replacement }
);

/** A query whose alterations are run beside it. */
export interface Comparison {
  readonly text: string;
  /** What is run in its place to see what it does: of a write, with all of the changed rows. */
  readonly compared: string;
  /** Whether the order of its rows is a part of its result. */
  readonly isOrdered: boolean;
  /** Whether sequences are put back, which no transaction does. */
  readonly isWrite: boolean;
  readonly alterations: readonly ComparedAlteration[];
  /** Lines of the application that send it, where tests send the same text for themselves. */
  readonly sources?: readonly string[];
}

export interface ComparedAlteration {
  readonly id: string;
  readonly sql: string;
  /** The column that it is about: where that differs from run to run, no difference can be seen. */
  readonly column?: string;
}

/** A query that is sent in the place of another. */
export interface Replacement {
  readonly id: string;
  readonly text: string;
  readonly sql: string;
  /** Lines of the project whose query it is. Given where others, such as tests, send the same text for themselves. */
  readonly sources?: readonly string[];
}

/** What one comparison of an alteration says; `unknown` where it could not be compared. */
export type Compared = "differs" | "refused" | "unknown";

/** A line that a process writes. */
export type Note =
  | { readonly is: "facts"; readonly file?: string; readonly tables: readonly TableFacts[] }
  /** A query that was sent; `source` is a line of the project, `values` are its parameters', as far as they are short. */
  | ({
      readonly is: "query";
      readonly text: string;
      readonly source?: string;
      readonly values?: readonly (string | null)[];
    } & Where)
  /** A query that was built of fragments by a driver: its text is not known before it is sent. */
  | { readonly is: "fragments"; readonly text: string; readonly source?: string }
  /** A query that ran beside itself: the types of its parameters, and why its alterations cannot be judged. */
  | { readonly is: "judged"; readonly text: string; readonly types: readonly string[]; readonly why?: string }
  | ({ readonly is: "compared"; readonly id: string; readonly outcome: Compared } & Where)
  /** An alteration was sent. */
  | { readonly is: "altered"; readonly id: string };

/** What ran a query, as far as the runner tells. */
export interface Where {
  readonly file?: string;
  readonly test?: string;
}

const WORK = "work.json";
const NOTES = /^notes-.*\.ndjson$/;

/** In an empty folder: what an earlier run noted is gone. */
export function writeWork(folder: string, work: Work): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, WORK), JSON.stringify(work));
}

export const readWork = (folder: string): Work => JSON.parse(readFileSync(join(folder, WORK), "utf8"));

/** A process may be killed at any time: each note is written at once. */
export const writeNote = (folder: string, note: Note): void =>
  appendFileSync(join(folder, `notes-${process.pid}-${threadId}.ndjson`), `${JSON.stringify(note)}\n`);

/** What was written until now. A process that was killed may have left the beginning of a line. */
export function* readNotes(folder: string): Generator<Note> {
  for (const name of readdirSync(folder)) {
    if (!NOTES.test(name)) continue;
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

/** Whether an alteration that was to be sent was sent. */
export const isAltered = (folder: string): boolean => [...readNotes(folder)].some((note) => note.is === "altered");
