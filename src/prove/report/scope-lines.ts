/** On a terminal, what tests notice of the conditions that keep tenants apart. */
import { byKey } from "../../by-key.ts";
import { counted } from "../../words.ts";
import { EMPTY, type Line, labelled, line, WIDTH, wrapped } from "./line.ts";
import { clauseLines, placeLine } from "./query-lines.ts";
import type { Scope, ScopedCondition } from "./scopes.ts";
import { shortSql } from "./short-sql.ts";
import { sourceOf } from "./words.ts";

export function scopeLines(scope: Scope): Line[] {
  const { column, weak, noticed, known, undecided, without } = scope;
  const counts = [
    known.length > 0 && `${known.length} known`,
    undecided.length > 0 && `${undecided.length} undecided`,
  ].filter(Boolean);
  const all = weak.length + noticed.length + known.length + undecided.length;
  const title = { text: `scoped by ${column}`, tone: "bold" } as const;
  if (all === 0)
    return [EMPTY, [title, { text: ": no altered query has a condition on it" }], ...withoutLines(without)];
  const figures = [`${noticed.length} of ${counted(all, "condition is", "conditions are")} noticed`, ...counts].join(
    ", ",
  );
  return [
    EMPTY,
    [title, { text: ": " }, { text: figures, tone: weak.length > 0 ? "red" : known.length > 0 ? "yellow" : "green" }],
    ...weakLines(weak),
    ...withoutLines(without),
    ...noticedLines(noticed),
  ];
}

const weakLines = (weak: Scope["weak"]): Line[] =>
  [...byKey(weak, ({ query }) => query.sql).values()].flatMap((ofQuery) => {
    const [first] = ofQuery;
    const place =
      first && (sourceOf(first.query) ? placeLine(first.query) : line(shortSql(first.query.sql, WIDTH), "bold"));
    return [...(place ? [place] : []), ...ofQuery.flatMap(({ clause }) => clauseLines(clause))];
  });

const noticedLines = (noticed: readonly ScopedCondition[]): Line[] => {
  const places = new Set(noticed.map(({ query }) => sourceOf(query) ?? shortSql(query.sql, WIDTH / 2)));
  return noticed.length === 0
    ? []
    : labelled(
        { text: NOTICED, tone: "dim" },
        NOTICED.length,
        wrapped([...places].join(", "), { indent: NOTICED.length, tone: "dim" }),
      );
};

const withoutLines = (without: Scope["without"]): Line[] =>
  without.map(({ query, tables }) => [
    { text: "  without: ", tone: "red" },
    { text: sourceOf(query) ?? shortSql(query.sql, WIDTH / 2), tone: "bold" },
    { text: ` reads or changes ${tables.join(", ")}` },
  ]);

const NOTICED = "  noticed: ";
