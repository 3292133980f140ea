import { describe, expect, it } from "vitest";
import { type Altered, isImplied, isSecond, saysNothing, statementsOf } from "../../src/prove/clauses.ts";
import { type PlannedQuery, planOf } from "../../src/prove/plan.ts";
import type { Fate } from "../../src/prove/proof.ts";
import type { RecordedQuery } from "../../src/prove/recorded.ts";
import { loadParser } from "../../src/prove/sql/parser.ts";

const parser = await loadParser();

/** Queries as they were recorded: [text, line, how often it ran]. */
function plan(...queries: readonly (readonly [string, string, number])[]): readonly PlannedQuery[] {
  const recorded = queries.map(
    ([text, source, runs]): RecordedQuery => ({
      ...{ text, runs, sources: [source], tests: [], isOfTestsToo: false, isOfTestsAlone: false, values: [] },
    }),
  );
  return planOf({ queries: recorded, fragments: [], tablesOf: () => [TEAMS] }, parser, []).queries;
}

const TEAMS = {
  name: "teams",
  columns: ["id", "name", "org_id"].map((name) => ({ name, required: false })),
  keys: [],
  references: [],
};
const LIST = "src/teams.ts:1:1";
const defectsOf = (altered: readonly Altered[]): string[] =>
  altered.map(({ variants }) => `${variants.length} × ${variants[0]?.alteration.kind}`);

describe("statementsOf()", () => {
  it("takes queries of one line together that differ in values or a condition, and their alterations", () => {
    const [statement, ...others] = statementsOf(
      plan(
        ["select id from teams where org_id = $1", LIST, 1],
        ["select id from teams where org_id = $1 and name in ($2)", LIST, 1],
        ["select id from teams where org_id = $1 and name in ($2, $3)", LIST, 5],
      ),
    );
    expect(others).toEqual([]);
    expect(statement?.query.text).toContain("$3");
    expect(
      statement?.alterations.filter(({ kind }) => kind === "condition-dropped").map(({ variants }) => variants.length),
    ).toEqual([3, 1, 1]);
  });

  it("keeps apart what other lines ask, or the same line of other tables or in another way", () => {
    const statements = statementsOf(
      plan(
        ["select id from teams where id = $1", LIST, 1],
        ["select id from users where id = $1", LIST, 1],
        ["delete from teams where id = $1", LIST, 1],
        ["select id from teams where id = $1 limit 1", "src/teams.ts:9:1", 1],
      ),
    );
    expect(statements).toHaveLength(4);
  });
});

describe("isImplied()", () => {
  const alterations = (text: string): readonly Altered[] => statementsOf(plan([text, LIST, 1]))[0]?.alterations ?? [];
  const as = (
    fate: Fate,
    ...decided: readonly (Altered | undefined)[]
  ): ReadonlyMap<Altered, { readonly fate: Fate }> =>
    new Map(decided.flatMap((each) => (each ? [[each, { fate }]] : [])));
  const of = (all: readonly Altered[], kind: string): Altered[] => all.filter((altered) => altered.kind === kind);

  it("is what negates a condition, or makes an OR of it, where dropping it is decided", () => {
    const all = alterations("select id from teams where org_id = $1 and deleted_at is null order by name");
    const [first, second] = of(all, "condition-dropped");
    const stronger = all.filter(isSecond);
    expect(defectsOf(stronger)).toEqual([
      "1 × condition-negated",
      "1 × and-or",
      "1 × null-test-turned",
      "1 × order-dropped",
    ]);
    const implied = (...decided: readonly (Altered | undefined)[]): string[] =>
      stronger.filter((altered) => isImplied(altered, as("noticed", ...decided))).map(({ kind }) => kind);
    expect(implied()).toEqual([]);
    expect(implied(first)).toEqual(["condition-negated", "and-or"]);
    expect(implied(second)).toEqual(["and-or", "null-test-turned"]);
    expect(implied(...of(all, "order-turned"))).toEqual(["order-dropped"]);
    // what Postgres refuses says nothing
    expect(stronger.some((altered) => isImplied(altered, as("refused", first, second)))).toBe(false);
  });

  it("is a single value that comes back, where nobody notices that nothing does", () => {
    const all = alterations("insert into teams (name) values ($1) returning id, name");
    const [whole, ...values] = of(all, "returned-column-emptied");
    expect(values).toHaveLength(2);
    expect(all.filter(isSecond)).toEqual(values);
    expect(values.map((value) => isImplied(value, as("unasserted", whole)))).toEqual([true, true]);
    expect(values.map((value) => isImplied(value, as("noticed", whole)))).toEqual([false, false]);
    // a value that is NULL anyhow
    expect(values.map((value) => saysNothing(value, "unreached"))).toEqual([true, true]);
    expect([whole && saysNothing(whole, "unreached"), saysNothing(values[0] as Altered, "unasserted")]).toEqual([
      false,
      false,
    ]);
  });

  it("is nothing of another query", () => {
    const [one, other] = ["a", "b"].map((name) => alterations(`select id from ${name} where org_id = $1`));
    const [negated] = of(one ?? [], "condition-negated");
    expect(negated && isImplied(negated, as("noticed", ...(other ?? [])))).toBe(false);
  });
});
