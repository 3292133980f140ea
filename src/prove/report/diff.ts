/** What an alteration changes of a query, as markup. */
import { type Html, html } from "../../report-page/html.ts";
import { elided } from "./elided.ts";
import { type Piece, wordDiff } from "./word-diff.ts";

export const diff = (before: string, after: string): Html =>
  html`<pre class="diff">${elided(wordDiff(before, after)).map(piece)}</pre>`;

const piece = ({ text, change }: Piece): Html => {
  if (change === "same") return html`${text}`;
  return change === "removed" ? html`<del>${text}</del>` : html`<ins>${text}</ins>`;
};
