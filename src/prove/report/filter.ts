/** Which queries a page shows: radio buttons before the cards, which the style reads. */
import { type Html, html } from "../../report-page/html.ts";

/** What can be chosen, in the order in which the page offers it; the first is chosen. */
export const CHOICES = ["all", "survivors", "unasserted", "unreached", "undecided"] as const;

export type Choice = (typeof CHOICES)[number];

/** Choices that no query meets are left out. */
export function filter(counts: Readonly<Record<Choice, number>>): Html {
  const offered = CHOICES.filter((choice) => choice === "all" || counts[choice] > 0);
  return html`${offered.map(
    (choice, index) => html`<input type="radio" name="show" id="show-${choice}"${index === 0 && html` checked`}>`,
  )}<div class="filter">${offered.map(
    (choice) =>
      html`<label for="show-${choice}">${choice === "survivors" ? "with survivors" : choice} <b>${counts[choice]}</b></label>`,
  )}</div>`;
}

/** Hides what is not chosen. The radio buttons, their labels and the cards have one parent. */
export const FILTER_STYLE: string = [
  ...CHOICES.filter((choice) => choice !== "all").map(
    (choice) => `#show-${choice}:checked ~ .query:not(.with-${choice}) { display: none; }`,
  ),
  ...(["unasserted", "unreached"] as const).map(
    (choice) => `#show-${choice}:checked ~ .query .clauses > li:not(.with-${choice}) { display: none; }`,
  ),
  `${CHOICES.map((choice) => `#show-${choice}:checked ~ .filter label[for="show-${choice}"]`).join(", ")} { background: var(--ink); color: var(--card); border-color: var(--ink); }`,
  `${CHOICES.map((choice) => `#show-${choice}:focus-visible ~ .filter label[for="show-${choice}"]`).join(", ")} { outline: 2px solid var(--link); outline-offset: 2px; }`,
].join("\n");
