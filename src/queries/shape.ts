/**
 * Two queries have the same shape where they differ in values alone: in literals and parameters, in how many values a list has or
 * how many rows are inserted, in comments, white space, and the case of words without quotes.
 */
import { tokenize } from "../sql/lexer.ts";
import { meaningful } from "../sql/tokens.ts";

const VALUE = "\\?(?: : : \\w+)?";
const LIST = new RegExp(`(\\bin \\(|\\barray \\[) (${VALUE})(?: , ${VALUE})+ ([)\\]])`, "g");
const ROWS = /(\bvalues \([^()]*\))(?: , \([^()]*\))+/g;

/** A text that is the same for queries of the same shape; no SQL that could be run. */
export function shapeOf(text: string): string {
  return meaningful(tokenize(text))
    .map((token) => {
      if (token.kind === "string" || token.kind === "dollar" || token.kind === "number") return "?";
      if (token.kind === "word") return token.text.toLowerCase();
      return /^\$\d+$/.test(token.text) ? "?" : token.text;
    })
    .join(" ")
    .replace(LIST, "$1 $2 $3")
    .replace(ROWS, "$1");
}
