import { describe, expect, it } from "vitest";
import { weakClauses, weakQueries } from "../../../src/prove/report/weak-clauses.ts";
import { alteration, query } from "./made-up-proof.ts";

describe("weakClauses()", () => {
  it("makes one entry of a clause, with its most telling survivor first", () => {
    const shifted = alteration({ site: "a", kind: "bound-shifted", fate: "unreached" });
    const dropped = alteration({ site: "a", kind: "condition-dropped", fate: "unasserted" });
    const turned = alteration({ site: "b", kind: "order-turned", fate: "unasserted" });
    expect(weakClauses([turned, shifted, dropped])).toEqual([
      { first: dropped, also: [shifted] },
      { first: turned, also: [] },
    ]);
  });

  it("has nothing that is noticed, refused, undecided, or known", () => {
    const others = (["noticed", "refused", "undecided"] as const).map((fate) => alteration({ fate }));
    expect(weakClauses([...others, alteration({ fate: "unreached", isKnown: true })])).toEqual([]);
  });
});

describe("weakQueries()", () => {
  it("has the most telling first, and of these the query with the most weak clauses", () => {
    const weak = (kind: "limit-changed" | "condition-dropped", site: string) =>
      alteration({ kind, site, fate: "unasserted" });
    const limit = query({ sql: "select 1", alterations: [weak("limit-changed", "a")] });
    const one = query({ sql: "select 2", alterations: [weak("condition-dropped", "a")] });
    const two = query({ sql: "select 3", alterations: [weak("condition-dropped", "a"), weak("limit-changed", "b")] });
    const quiet = query({ sql: "select 4", alterations: [alteration()] });
    expect(weakQueries([limit, quiet, one, two]).map((each) => each.query)).toEqual([two, one, limit]);
  });
});
