import { describe, expect, it } from "vitest";
import type { Proof } from "../../../src/prove/proof.ts";
import { proofPage } from "../../../src/prove/report/page.ts";
import { alteration, leftAlone, proof, query } from "./made-up-proof.ts";

const EVIL = `<img src=x onerror="alert('1')">&\u202e\u001b[2J`;
const evil = { defect: EVIL, advice: EVIL, sql: EVIL, why: EVIL, noticedBy: EVIL, id: EVIL, site: EVIL };

/** With what is evil wherever a name, a query or a sentence may be. */
const evilProof: Proof = proof({
  command: EVIL,
  queries: [
    query({
      sql: EVIL,
      sources: [EVIL, EVIL],
      parameterTypes: [EVIL],
      tests: [{ file: EVIL, name: EVIL }],
      alterations: [
        ...(["unasserted", "unreached", "noticed", "refused", "undecided"] as const).map((fate) =>
          alteration({ ...evil, fate }),
        ),
        alteration({ ...evil, fate: "unreached", site: "s", scope: EVIL }),
        alteration({ ...evil, fate: "unreached", site: "t", scope: EVIL, isKnown: true }),
        alteration({ ...evil, fate: "noticed", site: "u", scope: EVIL }),
      ],
    }),
    query({ sql: EVIL, sources: [EVIL], alterations: [alteration(evil)] }),
  ],
  leftAlone: [leftAlone({ sql: EVIL, sources: [EVIL], why: EVIL })],
  scopedBy: [EVIL],
});

/** What a page shows, without its markup. */
const textOf = (page: string): string =>
  page
    .slice(page.indexOf("<main>"))
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'");

const cardsOf = (page: string): string[] =>
  page.match(/<(article|details) class="card query.*?<\/(?:article|pre>)/gs) ?? [];

describe("proofPage()", () => {
  it("lets nothing of what it shows be markup, or turn the direction of writing", () => {
    const page = proofPage(evilProof);
    expect(
      page.split("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;\\u202e\\u001b[2J").length,
    ).toBeGreaterThan(25);
    expect(page).not.toMatch(/<img|onerror="|\u202e|(?!\n)\p{Cc}/u);
  });

  it("needs nothing from elsewhere, and runs nothing", () => {
    const page = proofPage(evilProof);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<script|<link|@import|url\((?!#)|href="(?!#)/);
  });

  it("says of a weak clause what no test would notice, what changes, why, and what to do", () => {
    const sql = `select "id" from "teams"`;
    const page = proofPage(
      proof({
        queries: [query({ alterations: [alteration({ fate: "unreached", sql, advice: "add an archived team" })] })],
      }),
    );
    expect(textOf(page)).toContain(`unreached No test would notice if teams with another "status" were listed too`);
    expect(page).toContain(
      `select &quot;id&quot; from &quot;teams&quot;<del> where &quot;status&quot; = $1</del></pre>`,
    );
    expect(textOf(page)).toContain("In no test did the altered query do anything else. Add an archived team");
  });

  it("has queries with survivors first, and folds the others", () => {
    const quiet = query({ sources: ["src/quiet.ts:1:1"], alterations: [alteration()] });
    const weak = query({ sources: ["src/weak.ts:1:1"], alterations: [alteration({ fate: "unasserted" })] });
    const cards = cardsOf(proofPage(proof({ queries: [quiet, weak] })));
    expect(cards.map((card) => [/^<\w+/.exec(card)?.[0], /src\/\w+/.exec(card)?.[0]])).toEqual([
      ["<article", "src/weak"],
      ["<details", "src/quiet"],
    ]);
  });

  it("folds what is noticed, and says by which tests", () => {
    const noticed = alteration({ noticedBy: "test/a.test.ts", defect: "a team was missing" });
    expect(textOf(proofPage(proof({ queries: [query({ alterations: [noticed] })] })))).toContain(
      "1 noticed test/a.test.ts would notice if a team was missing",
    );
  });

  it("offers what there is to choose, and marks what each choice shows", () => {
    const queries = [
      query({
        alterations: [alteration({ site: "a", fate: "unasserted" }), alteration({ site: "b", fate: "unasserted" })],
      }),
      query({ alterations: [alteration({ fate: "undecided", why: "the time was up" })] }),
      query({ alterations: [alteration()] }),
    ];
    const page = proofPage(proof({ queries }));
    const choices = [...page.matchAll(/<label for="show-(\w+)">.*?<b>(\d+)<\/b>/g)].map(
      ([, name, count]) => `${name} ${count}`,
    );
    expect(choices).toEqual(["all 3", "survivors 1", "unasserted 1", "undecided 1"]);
    expect(page.match(/<input[^>]* checked>/g)).toHaveLength(1);
    const shownBy = (choice: string): number =>
      page.match(new RegExp(`class="card query [^"]*\\bwith-${choice}\\b`, "g"))?.length ?? 0;
    expect(["survivors", "unasserted", "unreached", "undecided"].map(shownBy)).toEqual([1, 1, 0, 1]);
    for (const name of ["survivors", "unasserted", "undecided"])
      expect(page).toContain(`#show-${name}:checked ~ .query:not(.with-${name}) { display: none; }`);
  });

  it("has a section for the columns that keep tenants apart, which leads to the queries", () => {
    const scope = "tenant_id";
    const queries = [
      query({ alterations: [alteration({ scope, fate: "unreached", defect: "others' teams were listed" })] }),
      query({ sources: ["src/b.ts:1:1"], alterations: [alteration({ scope, noticedBy: "test/b.test.ts" })] }),
    ];
    const page = proofPage(proof({ queries, scopedBy: [scope, "org_id"] }));
    const section = textOf(page).split("Conditions that keep tenants apart")[1] ?? "";
    expect(section).toMatch(
      /^ tenant_id 1 of 2 conditions are noticed by a test unreached src\/teams.ts:14:22 others' teams were listed 1 noticed src\/b.ts:1:1 by test\/b.test.ts org_id No altered query has a condition on it/,
    );
    const [, link] = /href="#([\w-]+)"/.exec(page) ?? [];
    expect(page).toContain(`<article class="card query with-survivors with-unreached" id="${link}">`);
    expect(proofPage(proof({ queries: [query({ alterations: [alteration()] })] }))).not.toContain("tenants apart");
  });

  it("counts, and does not call a survivor new that the baseline has", () => {
    const known = alteration({ fate: "unasserted", isKnown: true });
    const page = proofPage(
      proof({
        queries: [query({ alterations: [alteration(), alteration(), alteration(), known] })],
        leftAlone: [leftAlone()],
      }),
    );
    expect(page).toContain("<title>Proof: score 75 %, 1 survivor</title>");
    expect(textOf(page)).toMatch(
      /Score 75 % 3 of 4 noticed Survivors 1 1 of them known Unasserted 1 .*Unreached 0 .*Left alone 1 query Not decided 0/,
    );
    expect(textOf(page)).toContain("1 known in the baseline");
    expect(textOf(page)).toContain(
      "Tests would notice each alteration that was decided, but for those that the baseline has.",
    );
  });

  it("is whole where there is nothing to show", () => {
    const page = proofPage(proof());
    expect(textOf(page)).toContain("Score none 0 of 0 noticed");
    expect(page.slice(page.indexOf("<main>"))).not.toMatch(/NaN|Infinity|undefined|<h2|Tests would notice/);
  });
});
