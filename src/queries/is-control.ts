/** A text that begins, ends or divides a transaction, and does nothing else, is no query: drivers and Drizzle add such texts. */
import { tokenize } from "../sql/lexer.ts";
import { splitStatements } from "../sql/statements.ts";

const FIRST: ReadonlySet<string> = new Set([
  ...["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"],
]);
/** Most texts are longer, and begin with another word. */
const MAY_BE = /^[\s;]*(--|\/\*|$|begin|start|commit|end|rollback|abort|savepoint|release|prepare)/i;

/** Also of a text without any statement: it is sent to open a connection. */
export function isControl(text: string): boolean {
  return (
    MAY_BE.test(text) &&
    splitStatements(tokenize(text)).every(
      ({ words: [first = "", second] }) => FIRST.has(first) || (first === "prepare" && second === "transaction"),
    )
  );
}
