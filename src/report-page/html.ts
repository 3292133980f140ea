/** HTML in which everything is escaped that comes from elsewhere: names, SQL, rows and the words of errors. */
import { printableLines } from "../errors.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Markup that is put into other markup as it is. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly (Html | string)[] | undefined | false;

/** A template whose parts are escaped, but for markup. What is undefined or false leaves nothing. */
export const html = (pieces: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(pieces.map((piece, index) => piece + textOf(parts[index])).join(""));

function textOf(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return printableLines(`${part}`).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
