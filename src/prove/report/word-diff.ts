/**
 * What an alteration changes of a query. Both texts are printed by the same printer, and differ in one place: what is before and behind
 * that place is the same.
 */
export interface Piece {
  readonly text: string;
  readonly change: "same" | "removed" | "added";
}

/** A name with what it is qualified by, a number, an operator; a blank; a parenthesis. */
const WORDS = /\s+|[\w$."]+|[^\s\w$."()]+|[()]/g;

export function wordDiff(before: string, after: string): Piece[] {
  const [old, altered] = [before.match(WORDS) ?? [], after.match(WORDS) ?? []];
  const shorter = Math.min(old.length, altered.length);
  let head = 0;
  while (head < shorter && old[head] === altered[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === altered.at(-1 - tail)) tail++;
  const middle = (words: readonly string[]): string => words.slice(head, words.length - tail).join("");
  const [removed, added] = [middle(old), middle(altered)];
  const pieces: Piece[] = [
    { text: old.slice(0, head).join(""), change: "same" },
    ...changed(removed, added),
    { text: old.slice(old.length - tail).join(""), change: "same" },
  ];
  return pieces.filter(({ text }) => text !== "");
}

/** A condition that is only put into something, such as `(… OR true)`, stays. */
function changed(removed: string, added: string): Piece[] {
  const at = removed === "" ? -1 : added.indexOf(removed);
  if (at < 0) {
    return [
      { text: removed, change: "removed" },
      { text: added, change: "added" },
    ];
  }
  return [
    { text: added.slice(0, at), change: "added" },
    { text: removed, change: "same" },
    { text: added.slice(at + removed.length), change: "added" },
  ];
}
