/** A query on a page: where it is asked for, what it is, and what became of its alterations. */
import { byKey } from "../../by-key.ts";
import { type Html, html } from "../../report-page/html.ts";
import { counted } from "../../words.ts";
import type { Fate, ProvenAlteration, ProvenQuery } from "../proof.ts";
import { clauseEntry, sentence, withFates } from "./clause-entry.ts";
import { diff } from "./diff.ts";
import { laidOut } from "./laid-out.ts";
import { shortSql } from "./short-sql.ts";
import { knownOf, type WeakClause, type WeakQuery } from "./weak-clauses.ts";
import { kindInWords, sourceOf } from "./words.ts";

export const weakCard = ({ query, clauses }: WeakQuery, id: string): Html =>
  html`<article class="card query ${classesOf(query, clauses)}" id="${id}">
<div class="place"><h3>${placeOf(query)}</h3>${pills(query)}</div>
<pre>${laidOut(query.sql)}</pre>
<ul class="clauses">${clauses.map((clause) => clauseEntry(clause))}</ul>
${rest(query)}
</article>
`;

/** Folded: of this query there is nothing to do. */
export const quietCard = (query: ProvenQuery): Html =>
  html`<details class="card query ${classesOf(query, [])}"><summary><span class="place"><span class="mono">${placeOf(query)}</span>${pills(query)}</span><span class="mono faint short">${shortSql(query.sql, SUMMARY)}</span></summary>
<pre>${laidOut(query.sql)}</pre>
${rest(query)}
</details>
`;

/** Characters of SQL in a summary, of which a narrow page shows fewer. */
const SUMMARY = 120;

const placeOf = (query: ProvenQuery): Html =>
  sourceOf(query) === undefined ? html`<span class="faint">(no source)</span>` : html`${sourceOf(query)}`;

function classesOf({ alterations }: ProvenQuery, clauses: readonly WeakClause[]): string {
  const weak = clauses.flatMap(({ first, also }) => [first, ...also]);
  return [
    weak.length > 0 ? "with-survivors" : "without-survivors",
    ...withFates(weak),
    alterations.some(({ fate }) => fate === "undecided") && "with-undecided",
  ]
    .filter(Boolean)
    .join(" ");
}

const FATES = ["unasserted", "unreached", "undecided", "noticed"] satisfies Fate[];

const pills = ({ alterations }: ProvenQuery): Html =>
  html`<span class="pills">${FATES.flatMap((fate) => {
    const count = alterations.filter((each) => each.fate === fate).length;
    return count > 0 ? html`<span class="pill ${fate}">${count} ${fate}</span>` : [];
  })}</span>`;

const rest = (query: ProvenQuery): Html => {
  const { alterations } = query;
  const of = (fate: Fate): ProvenAlteration[] => alterations.filter((each) => each.fate === fate);
  return html`<div class="folded">${[
    folded(knownOf(alterations), "known", "in the baseline", (known) => known.map((each) => survivor(each))),
    folded(of("noticed"), "noticed", "", noticed),
    folded(of("undecided"), "undecided", "", undecided),
    folded(of("refused"), "refused", "by Postgres", refused),
    circumstances(query),
  ]}</div>`;
};

const folded = (
  alterations: readonly ProvenAlteration[],
  title: string,
  more: string,
  content: (alterations: readonly ProvenAlteration[]) => readonly Html[],
): Html =>
  alterations.length === 0
    ? html``
    : html`<details class="rest"><summary>${alterations.length} ${title}${more && html` <span class="faint">${more}</span>`}</summary><ul>${content(alterations)}</ul></details>
`;

const survivor = (alteration: ProvenAlteration): Html =>
  html`<li>${sentence(alteration)}${diff(alteration.before, alteration.sql)}</li>`;

const noticed = (alterations: readonly ProvenAlteration[]): Html[] =>
  [...byKey(alterations, ({ noticedBy }) => noticedBy ?? "a test")].map(
    ([file, each]) =>
      html`<li><span class="mono">${file}</span> would notice if<ul>${each.map(({ defect }) => html`<li>${defect}</li>`)}</ul></li>`,
  );

const undecided = (alterations: readonly ProvenAlteration[]): Html[] =>
  [...byKey(alterations, ({ why }) => why ?? "the reason is not known")].map(
    ([why, each]) =>
      html`<li>${why}: whether a test would notice if<ul>${each.map(({ defect }) => html`<li>${defect}</li>`)}</ul></li>`,
  );

const refused = (alterations: readonly ProvenAlteration[]): Html[] =>
  alterations.map(
    ({ kind, sql }) => html`<li>${kindInWords(kind)}: <span class="mono faint">${shortSql(sql, SUMMARY)}</span></li>`,
  );

/** Who runs the query. */
function circumstances({ runs, tests, sources, parameterTypes }: ProvenQuery): Html {
  const [, ...others] = sources;
  return html`<details class="rest"><summary>run ${counted(runs, "time", "times")} by ${counted(tests.length, "test", "tests")}</summary><ul>${[
    ...[...byKey(tests, ({ file }) => file)].map(([file, ofFile]) => {
      const names = ofFile.flatMap(({ name }) => name ?? []);
      return html`<li><span class="mono">${file}</span>${names.length > 0 && html`<ul>${names.map((name) => html`<li>${name}</li>`)}</ul>`}</li>`;
    }),
    ...(others.length > 0 ? [html`<li>asked for by ${mono(others)} too</li>`] : []),
    ...(parameterTypes.length > 0
      ? [html`<li>parameters: ${mono(parameterTypes.map((type, index) => `$${index + 1} ${type}`))}</li>`]
      : []),
  ]}</ul></details>`;
}

const mono = (texts: readonly string[]): Html[] =>
  texts.map((text, index) => html`${index > 0 && ", "}<span class="mono">${text}</span>`);
