/** Proofs that no run made, for reports. */
import type { LeftAlone, Proof, ProvenAlteration, ProvenQuery } from "../../../src/prove/proof.ts";

let made = 0;

export const alteration = (parts: Partial<ProvenAlteration> = {}): ProvenAlteration => ({
  id: `made-up-${++made}`,
  kind: "condition-dropped",
  site: "where",
  defect: `teams with another "status" were listed too`,
  advice: "assert that an archived team is not listed",
  before: 'select "id" from "teams" where "status" = $1',
  sql: 'select "id" from "teams"',
  fate: "noticed",
  isKnown: false,
  ...parts,
});

export const query = (parts: Partial<ProvenQuery> = {}): ProvenQuery => ({
  sql: 'select "id" from "teams" where "status" = $1',
  sources: ["src/teams.ts:14:22"],
  parameterTypes: ["text"],
  tests: [{ file: "test/teams.test.ts", name: "lists teams" }],
  runs: 3,
  alterations: [],
  unscoped: [],
  ...parts,
});

export const leftAlone = (parts: Partial<LeftAlone> = {}): LeftAlone => ({
  sql: "select now()",
  sources: ["src/clock.ts:3:9"],
  why: "its own result differs when it runs twice",
  ...parts,
});

export const proof = (parts: Partial<Proof> = {}): Proof => ({
  command: "npx vitest run",
  queries: [],
  leftAlone: [],
  ofTests: 0,
  scopedBy: [],
  took: 12_345,
  ...parts,
});
