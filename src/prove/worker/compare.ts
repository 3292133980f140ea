/** The second run: beside each query, what each of its alterations would have done on the same state. */
import type { Comparison, Note, Where } from "../work.ts";
import type { Asked, Before } from "./asked.ts";
import { comparisonOf } from "./comparison-sql.ts";
import { readComparison } from "./read-comparison.ts";
import { SourceLines } from "./source-lines.ts";

/** How often one query is compared in one file of tests, as long as some alteration has not differed. */
const MOST_COMPARISONS = 300;

/** @param isOurs - whether what runs now is of this library */
export function comparer(
  queries: readonly Comparison[],
  note: (note: Note) => void,
  where: () => Where,
  isOurs: () => boolean,
): Before {
  const lines = queries.some(({ sources }) => sources) ? new SourceLines(isOurs) : undefined;
  const byText = new Map(queries.map((query) => [query.text, query]));
  const files = new Map<string, Map<string, Pending>>();
  const running = new Set<Running>();
  return {
    ...(lines ? { watch: (module: object) => lines.watch(module) } : {}),
    prepare(asked) {
      const query = byText.get(asked.text);
      if (!query || (query.sources && !query.sources.includes(lines?.find(asked.promise) ?? ""))) return undefined;
      const at = where();
      const file = at.file ?? "";
      const ofFile = files.get(file) ?? new Map<string, Pending>();
      files.set(file, ofFile);
      const pending = ofFile.get(query.text) ?? { alterations: query.alterations, count: 0, isJudged: false };
      ofFile.set(query.text, pending);
      return compare(query, pending, asked, at);
    },
  };

  async function compare(
    query: Comparison,
    pending: Pending,
    { parameters, settled, ask }: Asked,
    at: Where,
  ): Promise<void> {
    const { alterations } = pending;
    if (alterations.length === 0) return;
    if (++pending.count > MOST_COMPARISONS) return leave(pending, at);
    const run = begin(query.isWrite, settled);
    const sql = comparisonOf(query, parameters, alterations);
    const seen = await ask(sql)
      .then((result) => readComparison(result, query, alterations))
      .catch(() => undefined);
    if (!seen) return leave(pending, at);
    const { types, why } = seen;
    if (!pending.isJudged || why) note({ is: "judged", text: query.text, types, ...(why ? { why } : {}) });
    pending.isJudged = true;
    pending.alterations = alterations.filter(({ id }, index) => {
      const outcome = seen.alterations[index] ?? (run.isDisturbed ? "unknown" : undefined);
      if (outcome) note({ is: "compared", id, outcome, ...at });
      // what is refused for some parameters may not be for others
      return outcome === undefined || outcome === "refused";
    });
  }

  /** A write beside a query may change what the query finds, after its alterations have run and before it does. */
  function begin(isWrite: boolean, settled: Promise<unknown>): Running {
    const run: Running = { isWrite, isDisturbed: false };
    for (const other of running) {
      if (!isWrite && !other.isWrite) continue;
      run.isDisturbed = true;
      other.isDisturbed = true;
    }
    running.add(run);
    void settled.then(() => running.delete(run));
    return run;
  }

  function leave(pending: Pending, at: Where): void {
    for (const { id } of pending.alterations) note({ is: "compared", id, outcome: "unknown", ...at });
    pending.alterations = [];
  }
}

/** A query, from its comparison until it has ended. */
interface Running {
  readonly isWrite: boolean;
  isDisturbed: boolean;
}

interface Pending {
  alterations: Comparison["alterations"];
  count: number;
  isJudged: boolean;
}
