/** A proof as one HTML page that needs nothing else: figures, what keeps tenants apart, and each query with what no test would notice. */
import { byKey } from "../../by-key.ts";
import { type Html, html } from "../../report-page/html.ts";
import { page, tile } from "../../report-page/page.ts";
import { counted, grouped, msInWords } from "../../words.ts";
import { type Counts, countsOf, type LeftAlone, type Proof, type ProvenQuery } from "../proof.ts";
import { type Choice, filter } from "./filter.ts";
import { quietCard, weakCard } from "./query-card.ts";
import { scopeSection } from "./scope-section.ts";
import { scopesOf } from "./scopes.ts";
import { shortSql } from "./short-sql.ts";
import { STYLE } from "./style.ts";
import { type WeakQuery, weakQueries } from "./weak-clauses.ts";
import { FATES_IN_WORDS, scoreInWords, sourceOf } from "./words.ts";

export function proofPage(proof: Proof): string {
  const counts = countsOf(proof.queries.flatMap(({ alterations }) => alterations));
  const title = `Proof: score ${scoreInWords(counts)}, ${counted(counts.unasserted + counts.unreached, "survivor", "survivors")}`;
  return page({ title, style: STYLE, content: contentOf(proof, counts) });
}

function contentOf(proof: Proof, counts: Counts): Html {
  const { queries, leftAlone, command, took } = proof;
  const weak = weakQueries(queries);
  const ids = new Map(weak.map(({ query }, index) => [query, `query-${index + 1}`]));
  const alterations = queries.reduce((sum, query) => sum + query.alterations.length, 0);
  return html`<h1>What no test would notice</h1>
<p class="faint">${counted(alterations, "alteration", "alterations")} of ${counted(queries.length, "query", "queries")}, asked of <code>${command}</code>, in ${msInWords(took)}</p>
${tiles(counts, leftAlone)}
${bar(counts)}
${counts.fresh === 0 && counts.noticed > 0 && html`<p class="card good quiet">${NOTHING}</p>`}
${scopeSection(scopesOf(proof), (query) => ids.get(query))}
${queries.length > 0 && html`<h2>Queries</h2>${cards(queries, weak, ids)}`}
${leftAlone.length > 0 && html`<h2 id="left-alone">Queries left alone</h2>${leftAloneCards(leftAlone)}`}`;
}

const NOTHING = "Tests would notice each alteration that was decided, but for those that the baseline has.";

function tiles(counts: Counts, leftAlone: readonly LeftAlone[]): Html {
  const { noticed, unasserted, unreached, undecided, refused, fresh } = counts;
  const decided = noticed + unasserted + unreached;
  const known = unasserted + unreached - fresh;
  const others = [undecided > 0 && `${grouped(undecided)} undecided`, refused > 0 && `${grouped(refused)} refused`];
  return html`<dl class="tiles">${[
    tile("Score", scoreInWords(counts), `${grouped(noticed)} of ${grouped(decided)} noticed`),
    tile("Survivors", grouped(unasserted + unreached), known > 0 ? `${grouped(known)} of them known` : ""),
    tile("Unasserted", grouped(unasserted), "a test ran them, none failed"),
    tile("Unreached", grouped(unreached), "no test has what they change"),
    tile("Left alone", grouped(leftAlone.length), leftAlone.length === 1 ? "query" : "queries"),
    tile("Not decided", grouped(undecided + refused), others.filter(Boolean).join(", ")),
  ]}</dl>`;
}

const BAR = ["noticed", "unasserted", "unreached"] as const;

const bar = (counts: Counts): Html | false => {
  const all = BAR.reduce((sum, fate) => sum + counts[fate], 0);
  return (
    all > 0 &&
    html`<div class="bar" aria-hidden="true">${BAR.filter((fate) => counts[fate] > 0).map(
      (fate) => html`<i class="${fate}" style="flex-grow:${counts[fate]}"></i>`,
    )}</div>
<div class="legend">${BAR.map((fate) => html`<span><i class="${fate}"></i>${fate}: ${FATES_IN_WORDS[fate]}</span>`)}</div>`
  );
};

/** Those with survivors come first. */
function cards(
  queries: readonly ProvenQuery[],
  weak: readonly WeakQuery[],
  ids: ReadonlyMap<ProvenQuery, string>,
): Html {
  const quiet = queries.filter((query) => !ids.has(query));
  return html`<section class="queries">
${filter(choices(queries, weak))}
${weak.map((each) => weakCard(each, ids.get(each.query) ?? ""))}${quiet.map(quietCard)}</section>`;
}

function choices(queries: readonly ProvenQuery[], weak: readonly WeakQuery[]): Record<Choice, number> {
  const withFate = (fate: "unasserted" | "unreached"): number =>
    weak.filter(({ clauses }) => clauses.some(({ first, also }) => [first, ...also].some((each) => each.fate === fate)))
      .length;
  return {
    all: queries.length,
    survivors: weak.length,
    unasserted: withFate("unasserted"),
    unreached: withFate("unreached"),
    undecided: queries.filter(({ alterations }) => alterations.some(({ fate }) => fate === "undecided")).length,
  };
}

const leftAloneCards = (leftAlone: readonly LeftAlone[]): Html[] =>
  [...byKey(leftAlone, ({ why }) => why)].map(
    ([why, queries]) =>
      html`<details class="card"><summary>${why}<span class="faint">${counted(queries.length, "query", "queries")}</span></summary><ul class="alone">${queries.map(
        (query) =>
          html`<li><span class="mono">${sourceOf(query) ?? "(no source)"}</span><pre>${shortSql(query.sql, LONGEST)}</pre></li>`,
      )}</ul></details>
`,
  );

/** Characters of a query that was left alone: one that inserts many rows has thousands. */
const LONGEST = 1_000;
