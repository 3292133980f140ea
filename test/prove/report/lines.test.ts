import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { reportLines } from "../../../src/cli/prove/report-lines.ts";
import type { Proof } from "../../../src/prove/proof.ts";
import { WIDTH } from "../../../src/prove/report/line.ts";
import { alteration, leftAlone, proof, query } from "./made-up-proof.ts";

const linesOf = (parts: Partial<Proof>): string[] => reportLines(proof(parts)).map(stripVTControlCharacters);
const STYLE = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
const EVIL = "a\u001b[2J\u202e\nb";

describe("reportLines() of a proof", () => {
  it("says what no test would notice, a clause an entry, under the line that asks for the query", () => {
    const alterations = [
      alteration({
        site: "o",
        kind: "order-turned",
        fate: "unreached",
        defect: "the oldest came first",
        advice: "add a team",
      }),
      alteration({ site: "w", fate: "unasserted" }),
      alteration({ site: "w", kind: "condition-negated", fate: "unasserted" }),
      alteration({ site: "w", kind: "bound-shifted", fate: "unreached" }),
      alteration({ site: "w", kind: "bound-shifted", fate: "unreached" }),
      alteration({ site: "l", fate: "unasserted", isKnown: true, defect: "known" }),
      alteration({ fate: "refused", site: "r" }),
      alteration(),
    ];
    expect(linesOf({ queries: [query({ sources: ["src/teams.ts:14:22", "src/a.ts:1:1"], alterations })] })).toEqual([
      "8 alterations of 1 query, asked of npx vitest run",
      "",
      "src/teams.ts:14:22  and 1 other place",
      `  select "id" from "teams" where "status" = $1`,
      `  unasserted  no test would notice if teams with another "status" were listed too`,
      "              assert that an archived team is not listed",
      "              also: condition negated, bound shifted (2 ways, unreached)",
      "  unreached   no test would notice if the oldest came first",
      "              add a team",
      "  1 known",
      "",
      "unasserted: in a test the altered query did something else, and no test failed",
      "unreached: in no test did the altered query do anything else",
      "",
      "score 14.2 %: 1 noticed, 3 unasserted, 3 unreached (1 of these known), 1 refused, 12.3 s",
    ]);
  });

  it("has a section for each column that keeps tenants apart, and says there alone what it says of it", () => {
    const scope = "tenant_id";
    const queries = [
      query({
        alterations: [alteration({ scope, fate: "unreached", defect: "others' teams were listed", advice: "add one" })],
      }),
      query({ sql: "select 2", sources: ["src/b.ts:1:1"], alterations: [alteration({ scope })] }),
      query({ sql: "select 3", sources: [], alterations: [alteration({ scope })] }),
      query({ sql: "select 4", alterations: [alteration({ scope, fate: "unasserted", isKnown: true })] }),
      query({ sql: "select 5", alterations: [alteration({ scope, fate: "refused" })] }),
    ];
    expect(linesOf({ queries, scopedBy: [scope, "org_id"] }).slice(1, -1)).toEqual([
      "",
      "scoped by tenant_id: 2 of 5 conditions are noticed, 1 known, 1 undecided",
      "src/teams.ts:14:22",
      "  unreached   no test would notice if others' teams were listed",
      "              add one",
      "  noticed: src/b.ts:1:1, select 3",
      "",
      "scoped by org_id: no altered query has a condition on it",
      "",
      "unreached: in no test did the altered query do anything else",
      "",
    ]);
  });

  it("says what was left alone and what was not decided, by why", () => {
    const undecided = { fate: "undecided", why: "the time was up" } as const;
    const queries = [query({ alterations: [alteration(undecided), alteration({ ...undecided, site: "b" })] })];
    const same = Array.from({ length: 10 }, (_, index) => leftAlone({ sources: [`src/clock.ts:${index}:9`] }));
    const lines = linesOf({
      queries,
      leftAlone: [...same, leftAlone({ sources: [], why: "it was asked for by no test" })],
    });
    expect(lines[0]).toBe("2 alterations of 1 query, and 11 left alone, asked of npx vitest run");
    expect(lines.slice(1, 5)).toEqual([
      "",
      "left alone",
      "  10 queries: its own result differs when it runs twice",
      "    src/clock.ts:0:9  select now()",
    ]);
    expect(lines.slice(11)).toEqual([
      "    src/clock.ts:7:9  select now()",
      "    and 2 more",
      "  1 query: it was asked for by no test",
      "    select now()",
      "",
      "undecided",
      "  2 alterations: the time was up",
      `    src/teams.ts:14:22  select "id" from "teams" where "status" = $1`,
      "",
      "score none: 0 noticed, 0 unasserted, 0 unreached, 2 undecided, 12.3 s",
    ]);
  });

  it("is readable in a hundred columns", () => {
    const text = "a sentence that goes on and on ".repeat(8);
    const sql = `select ${"a_column, ".repeat(40)}b from t where c = 1 and ${"d = 2 and ".repeat(12)}e`;
    const alterations = [
      alteration({ fate: "unasserted", defect: text, advice: text }),
      alteration({ fate: "unreached", site: "s", scope: "tenant_id", defect: text, advice: text }),
      alteration({ fate: "undecided", site: "u", why: text }),
      ...Array.from({ length: 9 }, (_, site) => alteration({ site: `n${site}`, scope: "tenant_id" })),
    ];
    const lines = linesOf({
      command: text,
      queries: [
        query({ sql, alterations }),
        ...Array.from({ length: 9 }, (_, at) => query({ sql: `${sql}${at}`, alterations })),
      ],
      leftAlone: [leftAlone({ sql, why: text })],
      scopedBy: ["tenant_id"],
    });
    expect(lines.filter((line) => line.length > WIDTH)).toEqual([]);
    expect(lines.filter((line) => line.includes("where c = 1")).length).toBeGreaterThan(10);
  });

  it("breaks no path: terminals would open no part of it", () => {
    const source = `src/${"folder/".repeat(20)}a.ts:1:1`;
    const lines = linesOf({
      queries: [query({ sources: [source], alterations: [alteration({ fate: "unasserted" })] })],
      leftAlone: [leftAlone({ sources: [source] })],
    });
    expect(lines.filter((line) => line.trim().startsWith(source))).toHaveLength(2);
  });

  it("lets no name command the terminal, or begin a line", () => {
    const evil = { defect: EVIL, advice: EVIL, sql: EVIL, why: EVIL, noticedBy: EVIL };
    const alterations = [
      alteration({ ...evil, fate: "unasserted" }),
      alteration({ ...evil, fate: "unreached", site: "s", scope: EVIL }),
      alteration({ ...evil, fate: "noticed", site: "n", scope: EVIL }),
      alteration({ ...evil, fate: "undecided", site: "u" }),
    ];
    const lines = reportLines(
      proof({
        command: EVIL,
        queries: [
          query({ sql: EVIL, sources: [EVIL], alterations }),
          query({ sql: `select '${EVIL}'`, sources: [], alterations }),
        ],
        leftAlone: [leftAlone({ sql: EVIL, sources: [EVIL], why: EVIL })],
        scopedBy: [EVIL],
      }),
    );
    // styles are the only escape codes
    const text = lines.join("\n").replace(STYLE, "");
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(text.split("\n").filter((line) => line.startsWith("b"))).toEqual([]);
    expect(text.split("a\\u001b[2J\\u202e").length).toBeGreaterThan(10);
  });
});
