/** A file as reports of mutation testing have it: its text, and in it the queries that its lines ask for. */
import type { ProvenQuery } from "../proof.ts";
import { type Location, type Mutant, mutantsOf } from "./mutants.ts";
import { placeOf } from "./place.ts";
import { sourceOf } from "./words.ts";

export interface MutatedFile {
  /** As the highlighter Prism names it. */
  readonly language: string;
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

/** A file's text by its path, as sources have it. Undefined, or an error, where it cannot be read. */
export type ReadSource = (file: string) => string | undefined;

/** Of queries whose sources are in that file; where there is none, the queries themselves are the file. */
export function mutatedFile(file: string | undefined, queries: readonly ProvenQuery[], read: ReadSource): MutatedFile {
  const source = file === undefined ? undefined : textOf(file, read);
  if (source === undefined) return ofQueries(queries);
  const lines = source.split(/\r\n|[\n\r]/);
  return {
    language: languageOf(file ?? ""),
    source,
    mutants: queries.flatMap((query) => mutantsOf(query, locationOf(query, lines))),
  };
}

function textOf(file: string, read: ReadSource): string | undefined {
  try {
    return read(file);
  } catch {
    // it was moved, or it is what a bundler says in the place of a file
    return undefined;
  }
}

/** The queries, one below the other. */
function ofQueries(queries: readonly ProvenQuery[]): MutatedFile {
  const lines: string[] = [];
  const mutants = queries.flatMap((query) => {
    const own = query.sql.split(/\r\n|[\n\r]/);
    const start = { line: lines.length + 1, column: 1 };
    lines.push(...own, "");
    const end = { line: start.line + own.length - 1, column: (own.at(-1)?.length ?? 0) + 1 };
    return mutantsOf(query, { start, end });
  });
  return { language: "sql", source: lines.join("\n"), mutants };
}

/** To the end of the line. A file that was edited meanwhile may have fewer or shorter lines. */
function locationOf(query: ProvenQuery, lines: readonly string[]): Location {
  const place = placeOf(sourceOf(query) ?? "");
  const line = Math.min(place?.line ?? 1, lines.length);
  const length = lines[line - 1]?.length ?? 0;
  const column = place && place.column <= length ? place.column : 1;
  return { start: { line, column }, end: { line, column: length + 1 } };
}

const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ...["ts", "mts", "cts"].map((ending) => [ending, "typescript"] as const),
  ...["tsx", "jsx", "sql"].map((ending) => [ending, ending] as const),
  ...["vue", "svelte"].map((ending) => [ending, "html"] as const),
]);

const languageOf = (file: string): string => LANGUAGES.get(file.slice(file.lastIndexOf(".") + 1)) ?? "javascript";
