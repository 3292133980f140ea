/** A weak clause on a page: what no test would notice, what the query would be, and what to do. */
import { type Html, html } from "../../report-page/html.ts";
import { counted } from "../../words.ts";
import type { ProvenAlteration } from "../proof.ts";
import { diff } from "./diff.ts";
import type { WeakClause } from "./weak-clauses.ts";
import { FATES_IN_WORDS, fatesOf } from "./words.ts";

/** Its classes are the fates of all of its alterations, for the filter. */
export const clauseEntry = ({ first, also }: WeakClause): Html =>
  html`<li class="${[`is-${first.fate}`, ...withFates([first, ...also])].join(" ")}">${sentence(first)}
${diff(first.before, first.sql)}
<p class="advice"><span class="faint">${capital(FATES_IN_WORDS[first.fate])}.</span> ${capital(first.advice)}</p>
${
  also.length > 0 &&
  html`<details><summary>${counted(also.length, "more alteration", "more alterations")} of this clause</summary><ul class="more">${also.map(
    (each) =>
      html`<li>${sentence(each)}${diff(each.before, each.sql)}<p class="advice">${capital(each.advice)}</p></li>`,
  )}</ul></details>`
}</li>
`;

/** Classes by which the filter knows what is in an element. */
export const withFates = (alterations: readonly ProvenAlteration[]): string[] =>
  [...fatesOf(alterations)].map((fate) => `with-${fate}`);

export const sentence = ({ fate, defect, scope }: ProvenAlteration): Html =>
  html`<p class="sentence"><span class="fate ${fate}">${fate}</span>${
    scope !== undefined && html`<span class="fate scope">${scope}</span>`
  }<span>No test would notice if ${defect}</span></p>`;

const capital = (text: string): string => text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
