/** On a page, what tests notice of the conditions that keep tenants apart. */
import { type Html, html } from "../../report-page/html.ts";
import { counted } from "../../words.ts";
import type { ProvenAlteration, ProvenQuery } from "../proof.ts";
import { survives } from "../proof.ts";
import type { Scope, ScopedCondition } from "./scopes.ts";
import { shortSql } from "./short-sql.ts";
import { sourceOf } from "./words.ts";

/** `linkTo` is the address of a query's card on the page, where it has one. */
export type LinkTo = (query: ProvenQuery) => string | undefined;

export const scopeSection = (scopes: readonly Scope[], linkTo: LinkTo): Html | false =>
  scopes.length > 0 &&
  html`<h2>Conditions that keep tenants apart</h2>
<div class="scopes">${scopes.map((scope) => scopeCard(scope, linkTo))}</div>`;

function scopeCard({ column, weak, known, noticed, undecided, without }: Scope, linkTo: LinkTo): Html {
  const all = weak.length + known.length + noticed.length + undecided.length;
  const title = html`<h3><code>${column}</code></h3>`;
  if (all === 0)
    return html`<div class="card">${title}<p class="faint">No altered query has a condition on it.</p><ul class="conditions">${without.map(withoutRow(linkTo))}</ul></div>`;
  const fate = weak.length + without.length > 0 ? "weak" : known.length + undecided.length > 0 ? "fair" : "good";
  return html`<div class="card ${fate}">${title}<p class="faint">${noticed.length} of ${counted(all, "condition is", "conditions are")} noticed by a test</p>
<ul class="conditions">${[
    ...weak.map(({ query, clause }) => row(query, clause.first.fate, clause.first, linkTo)),
    ...known.map(({ query, alterations }) => row(query, "known", alterations.find(survives), linkTo)),
    ...without.map(withoutRow(linkTo)),
    ...undecided.map(({ query, alterations }) => row(query, "undecided", alterations[0], linkTo)),
  ]}</ul>
${
  noticed.length > 0 &&
  html`<details class="rest"><summary>${noticed.length} noticed</summary><ul>${noticed.map(noticedRow)}</ul></details>`
}</div>
`;
}

const row = (query: ProvenQuery, label: string, alteration: ProvenAlteration | undefined, linkTo: LinkTo): Html =>
  html`<li><span class="fate ${label}">${label}</span> <span>${placeOf(query, linkTo(query))}${
    alteration && html`<br>${alteration.defect}`
  }</span></li>`;

const withoutRow =
  (linkTo: LinkTo) =>
  ({ query, tables }: Scope["without"][number]): Html =>
    html`<li><span class="fate weak">without</span> <span>${placeOf(query, linkTo(query))}<br>no condition on it, of ${tables.join(", ")}</span></li>`;

function placeOf(query: ProvenQuery, link: string | undefined): Html {
  const place = html`<span class="mono">${sourceOf(query) ?? shortSql(query.sql, SHORT)}</span>`;
  return link === undefined ? place : html`<a href="#${link}">${place}</a>`;
}

/** Characters of SQL that stand for a place. */
const SHORT = 80;

const noticedRow = ({ query, alterations }: ScopedCondition): Html => {
  const files = new Set(alterations.flatMap(({ noticedBy }) => noticedBy ?? []));
  return html`<li>${placeOf(query, undefined)}${files.size > 0 && html` <span class="faint">by ${[...files].join(", ")}</span>`}</li>`;
};
