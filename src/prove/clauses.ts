/**
 * Alterations of one clause of the application's code: a line may send queries that differ in which values they have, or in a condition
 * more, and what a test of one of them notices is noticed.
 */
import { byKey } from "../by-key.ts";
import type { PlannedQuery } from "./plan.ts";
import type { Fate, Kind } from "./proof.ts";
import type { RecordedQuery } from "./recorded.ts";
import type { Alteration } from "./sql/alter.ts";

/** One alteration of a clause, in each query that has the clause. */
export interface Altered {
  readonly kind: Kind;
  readonly variants: readonly Variant[];
}

export interface Variant {
  readonly planned: PlannedQuery;
  readonly alteration: Alteration;
}

/** The queries of one line that are about the same tables. */
export interface Statement {
  /** The one that ran most. */
  readonly query: RecordedQuery;
  readonly variants: readonly PlannedQuery[];
  /** In the order of the first query's alterations, then of what others have besides. */
  readonly alterations: readonly Altered[];
}

export function statementsOf(queries: readonly PlannedQuery[]): Statement[] {
  const byPlace = byKey(queries, ({ query, about }) => `${query.sources[0] ?? query.text}\0${about}`);
  return [...byPlace.values()].map((variants) => {
    const most = variants.toSorted((a, b) => b.query.runs - a.query.runs);
    const all = most.flatMap(keyed);
    const clauses = byKey(all, ({ key }) => key);
    const [first = variants[0]] = most;
    const alterations = [...clauses.values()].map((variants) => ({ kind: variants[0].alteration.kind, variants }));
    return { query: first.query, variants: most, alterations };
  });
}

/** By kind and words, whatever the numbers of parameters are. A query may have the same twice: the first and the second are two. */
function keyed(planned: PlannedQuery): (Variant & { readonly key: string })[] {
  const seen = new Map<string, number>();
  return planned.alterations.map((alteration) => {
    const words = `${alteration.kind}\0${alteration.defect.replace(/\$\d+/g, "$")}`;
    const count = (seen.get(words) ?? 0) + 1;
    seen.set(words, count);
    return { planned, alteration, key: `${words}\0${count}` };
  });
}

/** What makes more of a difference than another alteration of the same clause. */
const STRONGER: ReadonlySet<Kind> = new Set<Kind>([
  ...(["condition-negated", "null-test-turned", "membership-turned", "and-or", "order-dropped"] as const),
]);

/** One of several values that a statement returns. */
const isPart = ({ kind, site }: Pick<Alteration, "kind" | "site">): boolean =>
  kind === "returned-column-emptied" && /\.exprs\.\d+$/.test(site);

/** Whether it is asked only where another alteration of the same clause does not say it already. */
export const isSecond = ({ kind, variants }: Altered): boolean =>
  STRONGER.has(kind) || variants.some(({ alteration, planned }) => isPart(alteration) && wholeOf(alteration, planned));

const wholeOf = ({ site }: Alteration, { alterations }: PlannedQuery): Alteration | undefined =>
  alterations.find((each) => `${each.site}.` === site.replace(/\d+$/, ""));

/**
 * Whether what is decided says it already: who notices rows of a dropped condition notices its opposite, who notices two rows in the wrong
 * order notices any order; and where the weaker one goes unnoticed, the clause is weak in any case. Where nobody notices that nothing
 * comes back, no single value is asked for.
 */
export const isImplied = (altered: Altered, decided: ReadonlyMap<Altered, { readonly fate: Fate }>): boolean =>
  [...decided].some(
    ([other, { fate }]) =>
      // what there was no time for is not asked for more
      fate !== "refused" &&
      altered.variants.some(({ planned, alteration }) =>
        other.variants.some(
          (variant) =>
            variant.planned === planned &&
            (isPart(alteration)
              ? variant.alteration === wholeOf(alteration, planned) && fate !== "noticed"
              : isWeaker(variant.alteration, alteration)),
        ),
      ),
  );

function isWeaker(weaker: Alteration, { kind, site }: Alteration): boolean {
  if (kind === "and-or") return weaker.kind === "condition-dropped" && weaker.site.startsWith(`${site}.`);
  return weaker.site === site && (weaker.kind === "condition-dropped" || weaker.kind === "order-turned");
}

/** A value that was NULL each time it was returned says nothing of tests. */
export const saysNothing = ({ variants }: Altered, fate: Fate): boolean =>
  fate === "unreached" && variants.some(({ alteration }) => isPart(alteration));
