/** On a terminal, the queries that were left alone and the alterations that were not decided, by why. */
import { byKey } from "../../by-key.ts";
import { counted } from "../../words.ts";
import type { LeftAlone, ProvenQuery } from "../proof.ts";
import { type Line, section, upTo, WIDTH, wrapped } from "./line.ts";
import { shortSql } from "./short-sql.ts";
import { sourceOf } from "./words.ts";

/** Of each why. The other reports have them all. */
const MOST = 8;

type Named = Pick<LeftAlone, "sql" | "sources">;

export const leftAloneLines = (leftAlone: readonly LeftAlone[]): Line[] =>
  section(
    "left alone",
    [...byKey(leftAlone, ({ why }) => why)].flatMap(([why, queries]) => [
      ...whyLines(why, counted(queries.length, "query", "queries")),
      ...upTo(MOST, queries, (query) => [nameLine(query)], 4),
    ]),
  );

export const undecidedLines = (queries: readonly ProvenQuery[]): Line[] =>
  section(
    "undecided",
    [...byKey(queries.flatMap(undecidedOf), ({ why }) => why)].flatMap(([why, undecided]) => {
      const ofQueries = [...byKey(undecided, ({ query }) => query.sql).values()];
      return [
        ...whyLines(why, counted(undecided.length, "alteration", "alterations")),
        ...upTo(MOST, ofQueries, ([first]) => (first ? [nameLine(first.query)] : []), 4),
      ];
    }),
  );

const undecidedOf = (query: ProvenQuery): { readonly query: ProvenQuery; readonly why: string }[] =>
  query.alterations
    .filter(({ fate }) => fate === "undecided")
    .map(({ why = "the reason is not known" }) => ({ query, why }));

const whyLines = (why: string, count: string): Line[] => wrapped(`${count}: ${why}`, { indent: 2 });

/** `src/teams.ts:14:22  select … from "teams"` */
function nameLine(query: Named): Line {
  const source = sourceOf(query);
  const place = source === undefined ? [] : [{ text: source }, { text: "  " }];
  const room = WIDTH - 4 - place.reduce((sum, { text }) => sum + text.length, 0);
  return [{ text: "    " }, ...place, { text: shortSql(query.sql, Math.max(room, SHORTEST)), tone: "dim" }];
}

/** Of SQL beside a path that takes the whole line. */
const SHORTEST = 20;
