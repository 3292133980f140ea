/** A proof, of what was planned, seen and decided. */
import type { Altered, Statement } from "./clauses.ts";
import type { ComparedSuite } from "./compare-suite.ts";
import type { Decision } from "./decide.ts";
import type { Plan } from "./plan.ts";
import type { LeftAlone, Proof, ProvenAlteration, ProvenQuery, Test } from "./proof.ts";

interface Request {
  readonly command: readonly string[];
  readonly scopedBy: readonly string[];
  readonly known: ReadonlySet<string>;
}

export function proofOf(
  request: Request,
  plan: Plan,
  statements: readonly Statement[],
  compared: ComparedSuite,
  decisions: ReadonlyMap<Altered, Decision>,
  took: number,
): Proof {
  const left = plan.queries.flatMap(({ query: { text, sources } }): LeftAlone[] => {
    const why = compared.left.get(text);
    return why === undefined ? [] : [{ sql: text, sources, why }];
  });
  const { command, scopedBy } = request;
  return {
    command: command.join(" "),
    queries: statements.map((statement) => queryOf(statement, compared, decisions, request)),
    leftAlone: [...plan.leftAlone, ...left],
    ofTests: plan.ofTests,
    scopedBy,
    took,
  };
}

function queryOf(
  { query, variants, alterations }: Statement,
  { types }: ComparedSuite,
  decisions: ReadonlyMap<Altered, Decision>,
  request: Request,
): ProvenQuery {
  const all = variants.map(({ query }) => query);
  const tests = new Map<string, Test>();
  for (const { file, test } of all.flatMap(({ tests }) => tests)) {
    if (file) tests.set(`${file}\0${test}`, { file, ...(test ? { name: test } : {}) });
  }
  return {
    sql: query.text,
    sources: [...new Set(all.flatMap(({ sources }) => sources))],
    parameterTypes: types.get(query.text) ?? [],
    tests: [...tests.values()],
    runs: all.reduce((sum, { runs }) => sum + runs, 0),
    alterations: alterations.flatMap((altered) => {
      const decision = decisions.get(altered);
      return decision ? [alterationOf(altered, decision, request)] : [];
    }),
    unscoped: variants[0]?.unscoped ?? [],
  };
}

function alterationOf({ kind, variants }: Altered, decision: Decision, { scopedBy, known }: Request): ProvenAlteration {
  const [{ planned, alteration }] = variants as [Altered["variants"][number]];
  const { id, site, defect, columns, before, sql } = alteration;
  const scope = kind === "condition-dropped" ? scopedBy.find((column) => columns.includes(column)) : undefined;
  return {
    ...{ id, kind, site, defect, sql, before },
    advice: adviceOf(decision, alteration.row, planned.isWrite),
    fate: decision.fate,
    ...(decision.fate === "noticed" ? { noticedBy: decision.by } : {}),
    ...(decision.fate === "undecided" ? { why: decision.why } : {}),
    ...(scope === undefined ? {} : { scope }),
    isKnown: variants.some(({ alteration }) => known.has(alteration.id)),
  };
}

/** @param isWrite - whether what it does is to be read from the tables afterwards */
function adviceOf(decision: Decision, row: string, isWrite: boolean): string {
  const give = `Give a test ${row}.`;
  if (decision.fate !== "unasserted") return give;
  const assert = isWrite
    ? "read the table afterwards, and assert all of its rows, also those that must not change"
    : "assert the whole result, also what must not be in it";
  if (decision.isSeen) return `A test runs the query where that makes a difference: ${assert}.`;
  return `${give} If one has that, ${assert}.`;
}
