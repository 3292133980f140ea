/** What tests notice of the conditions that keep tenants apart: those on the columns of `--scoped-by`. */
import { byKey } from "../../by-key.ts";
import type { Proof, ProvenAlteration, ProvenQuery } from "../proof.ts";
import { survives } from "../proof.ts";
import { type WeakClause, weakClauses } from "./weak-clauses.ts";

/** A condition on such a column, in one query. */
export interface ScopedCondition {
  readonly query: ProvenQuery;
  readonly alterations: readonly ProvenAlteration[];
}

export interface Scope {
  /** As `--scoped-by` has it. */
  readonly column: string;
  /** Conditions of which an alteration is noticed by no test, and is not in the baseline. */
  readonly weak: readonly (ScopedCondition & { readonly clause: WeakClause })[];
  /** Conditions of which all that is noticed by no test is in the baseline. */
  readonly known: readonly ScopedCondition[];
  readonly noticed: readonly ScopedCondition[];
  /** Conditions of which no alteration was noticed or survived. */
  readonly undecided: readonly ScopedCondition[];
  /** Queries of a table that has the column, without any condition on it. */
  readonly without: readonly { readonly query: ProvenQuery; readonly tables: readonly string[] }[];
}

/** A scope for each column that was named, with or without conditions. */
export function scopesOf({ queries, scopedBy }: Pick<Proof, "queries" | "scopedBy">): Scope[] {
  const conditions = byKey(queries.flatMap(conditionsOf), ({ column }) => column);
  return [...new Set([...scopedBy, ...conditions.keys()])].map((column) =>
    scopeOf(column, conditions.get(column) ?? [], queries),
  );
}

const conditionsOf = (query: ProvenQuery): (ScopedCondition & { readonly column: string })[] =>
  [...byKey(query.alterations, ({ scope }) => scope ?? "")]
    .filter(([column]) => column !== "")
    .flatMap(([column, ofColumn]) =>
      [...byKey(ofColumn, ({ before, site }) => `${site} ${before}`).values()].map((alterations) => ({
        column,
        query,
        alterations,
      })),
    );

function scopeOf(column: string, conditions: readonly ScopedCondition[], queries: readonly ProvenQuery[]): Scope {
  const weak = conditions.flatMap(({ query, alterations }) =>
    weakClauses(alterations).map((clause) => ({ query, alterations, clause })),
  );
  const others = conditions.filter(({ alterations }) => weakClauses(alterations).length === 0);
  const known = others.filter(({ alterations }) => alterations.some(survives));
  const noticed = others.filter(
    ({ alterations }) => !alterations.some(survives) && alterations.some(({ fate }) => fate === "noticed"),
  );
  const undecided = others.filter((condition) => !known.includes(condition) && !noticed.includes(condition));
  const without = queries.flatMap((query) => {
    const tables = query.unscoped.filter((each) => each.column === column).map(({ table }) => table);
    return tables.length > 0 ? [{ query, tables }] : [];
  });
  return { column, weak, known, noticed, undecided, without };
}
