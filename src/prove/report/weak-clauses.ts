/** A weak clause is one entry of a report, however many of its alterations no test would notice. */
import { byKey } from "../../by-key.ts";
import { byKind, type ProvenAlteration, type ProvenQuery, survives } from "../proof.ts";

/** The alterations of a clause that no test would notice, and that the baseline does not have. */
export interface WeakClause {
  /** The most telling one, by the order of `KINDS`. */
  readonly first: ProvenAlteration;
  readonly also: readonly ProvenAlteration[];
}

export interface WeakQuery {
  readonly query: ProvenQuery;
  /** Most telling first; one at least. */
  readonly clauses: readonly [WeakClause, ...WeakClause[]];
}

const isFresh = (alteration: ProvenAlteration): boolean => survives(alteration) && !alteration.isKnown;

export const knownOf = (alterations: readonly ProvenAlteration[]): ProvenAlteration[] =>
  alterations.filter((alteration) => survives(alteration) && alteration.isKnown);

export const weakClauses = (alterations: readonly ProvenAlteration[]): WeakClause[] =>
  [...byKey(alterations.filter(isFresh), ({ before, site }) => `${site} ${before}`).values()]
    .flatMap(clauseOf)
    .sort((a, b) => byKind(a.first, b.first));

function clauseOf(alterations: readonly ProvenAlteration[]): WeakClause[] {
  const [first, ...also] = alterations.toSorted(byKind);
  return first ? [{ first, also }] : [];
}

/** Queries with weak clauses: those with the most telling one first, and of these those with the most. */
export const weakQueries = (queries: readonly ProvenQuery[]): WeakQuery[] =>
  queries
    .flatMap((query): WeakQuery[] => {
      const [first, ...more] = weakClauses(query.alterations);
      return first ? [{ query, clauses: [first, ...more] }] : [];
    })
    .sort((a, b) => byKind(a.clauses[0].first, b.clauses[0].first) || b.clauses.length - a.clauses.length);
