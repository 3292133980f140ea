/** The second run: beside each query, what each of its alterations would have done on the same state. */
import type { Comparison, Note, Where } from "../work.ts";
import type { Asked, Before } from "./asked.ts";
import { comparisonOf, readComparison } from "./comparison-sql.ts";

/** How often one query is compared in one file of tests, as long as some alteration has not differed. */
const MOST_COMPARISONS = 300;

export function comparer(queries: readonly Comparison[], note: (note: Note) => void, where: () => Where): Before {
  const byText = new Map(queries.map((query) => [query.text, query]));
  const files = new Map<string, Map<string, Pending>>();
  return {
    prepare(asked) {
      const query = byText.get(asked.text);
      if (!query) return undefined;
      const at = where();
      const file = at.file ?? "";
      const ofFile = files.get(file) ?? new Map<string, Pending>();
      files.set(file, ofFile);
      const pending = ofFile.get(query.text) ?? { alterations: query.alterations, count: 0, isJudged: false };
      ofFile.set(query.text, pending);
      return compare(query, pending, asked, at);
    },
  };

  async function compare(query: Comparison, pending: Pending, { parameters, ask }: Asked, at: Where): Promise<void> {
    const { alterations } = pending;
    if (alterations.length === 0) return;
    if (++pending.count > MOST_COMPARISONS) return leave(pending, at);
    const seen = await ask(
      comparisonOf(
        query,
        alterations.map(({ sql }) => sql),
        parameters,
      ),
    )
      .then((result) => readComparison(result, query.isOrdered))
      .catch(() => undefined);
    if (!seen) return leave(pending, at);
    const { types, itself } = seen;
    const [original, again] = itself;
    const differsItself = original !== again && isSeen(original) && isSeen(again);
    if (!pending.isJudged || differsItself) {
      note({ is: "judged", text: query.text, types, ...(differsItself ? { differsItself } : {}) });
      pending.isJudged = true;
    }
    if (differsItself || !isComparable(original) || !isComparable(again)) return leave(pending, at);
    pending.alterations = alterations.filter(({ id }, index) => {
      const outcome = outcomeOf(original, seen.alterations[index]);
      if (outcome) note({ is: "compared", id, outcome, ...at });
      // what is refused for some parameters may not be for others
      return outcome === undefined || outcome === "refused";
    });
  }

  function leave(pending: Pending, at: Where): void {
    for (const { id } of pending.alterations) note({ is: "compared", id, outcome: "unknown", ...at });
    pending.alterations = [];
  }
}

interface Pending {
  alterations: Comparison["alterations"];
  count: number;
  isJudged: boolean;
}

/** Rows, as a number and hashes. */
const isSeen = (outcome: string): boolean => /^\d/.test(outcome);

/** Also a query that fails as its test expects. */
const isComparable = (outcome: string): boolean => isSeen(outcome) || outcome.startsWith("failed ");

/** Undefined where there is no difference. */
function outcomeOf(original: string, altered: string | undefined): "differs" | "refused" | "unknown" | undefined {
  if (altered === undefined || altered.startsWith("unknown ")) return "unknown";
  if (altered.startsWith("refused ")) return "refused";
  return altered === original ? undefined : "differs";
}
