/** Queries of one shape, and how a message shows them. */
import { byKey } from "../by-key.ts";
import type { CapturedQuery } from "./capture.ts";
import { shapeOf } from "./shape.ts";

export interface Group {
  readonly queries: readonly [CapturedQuery, ...CapturedQuery[]];
}

/** In the order of each shape's first query. */
export function groupsOf(queries: readonly CapturedQuery[]): Group[] {
  const groups = byKey(queries, ({ text }) => shapeOf(text));
  return [...groups.values()].map((queries) => ({ queries }));
}

/** How much of a query is shown: three lines of a terminal. */
const MOST_TEXT = 240;
const MOST_SOURCES = 3;

/** The first query's text, how often there is one like it, and the lines that asked. */
export function linesOf({ queries }: Group): string[] {
  const sources = [...new Set(queries.flatMap(({ source }) => source ?? []))];
  const more = sources.length - MOST_SOURCES;
  return [
    `  ${queries.length} × ${shortened(queries[0].text)}`,
    ...sources.slice(0, MOST_SOURCES).map((source) => `      ${source}`),
    ...(more > 0 ? [`      and ${more} more`] : []),
  ];
}

/** In one line. */
export function shortened(text: string, most: number = MOST_TEXT): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > most ? `${line.slice(0, most - 2)} …` : line;
}
