/** A difference without what is far from its changes. */
import type { Piece } from "./word-diff.ts";

/** Characters on each side of a change. */
const AROUND = 70;
/** What is left out is more than the sign that says so. */
const LEAST = 30;

export const elided = (pieces: readonly Piece[]): Piece[] =>
  pieces.map((piece, at) => {
    if (piece.change !== "same") return piece;
    const head = at === 0 ? 0 : AROUND;
    const tail = at === pieces.length - 1 ? 0 : AROUND;
    return { ...piece, text: withoutMiddle(piece.text, head, tail) };
  });

/** Cut at blanks. A piece that is alone has neither head nor tail, and stays whole. */
function withoutMiddle(text: string, head: number, tail: number): string {
  if (head + tail === 0 || text.length <= head + tail + LEAST) return text;
  const from = text.lastIndexOf(" ", head);
  const to = text.indexOf(" ", text.length - tail);
  const before = head === 0 ? "" : `${text.slice(0, from > 0 ? from : head)} `;
  const after = tail === 0 ? "" : ` ${text.slice(to < 0 ? -tail : to + 1)}`;
  return `${before}…${after}`;
}
