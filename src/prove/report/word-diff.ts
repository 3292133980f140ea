/**
 * What an alteration changes of a query, word by word. An altered query may be printed anew from its syntax tree: how it is laid out,
 * which letters of a keyword are capitals, which names are in quotes and which parentheses are needed tells nothing.
 */
import { wordsOf } from "./sql-words.ts";
import { type Step, stepsBetween } from "./word-steps.ts";

/** Pieces' texts joined, but for those that were added, are the query as it was: in one line, without comments, blanks aside. */
export interface Piece {
  readonly text: string;
  readonly change: "same" | "removed" | "added";
}

export function wordDiff(before: string, after: string): Piece[] {
  return piecesOf(unlessOptional(stepsBetween(wordsOf(before), wordsOf(after))));
}

/** What may be there or not, and means the same. */
const OPTIONAL: ReadonlySet<string> = new Set(["(", ")", "as", "inner", "outer", "asc", ";"]);

/** Changes of nothing but optional words are left out, where there are others. */
function unlessOptional(found: readonly Step[]): readonly Step[] {
  const changes = runs(found, ({ change }) => change !== "same");
  const isOptional = (run: readonly Step[]): boolean => run.every(({ word }) => OPTIONAL.has(word.key));
  const isTelling = changes.some((run) => run[0]?.change !== "same" && !isOptional(run));
  if (!isTelling) return found;
  return changes.flatMap((run) => {
    if (run[0]?.change === "same") return run;
    return isOptional(run) ? asBefore(run) : withoutOuter(run);
  });
}

const asBefore = (run: readonly Step[]): Step[] =>
  run.flatMap(({ change, word }) => (change === "removed" ? [{ change: "same", word, other: word }] : []));

/** What is removed beside a parenthesis goes without that one, where the other one of the pair stays. */
function withoutOuter(run: readonly Step[]): Step[] {
  const removed = run.filter(({ change }) => change === "removed");
  const count = (text: string): number => removed.filter(({ word }) => word.text === text).length;
  const lone = count(")") > count("(") ? ")" : "(";
  let surplus = Math.abs(count(")") - count("("));
  let [from, to] = [0, removed.length];
  for (; surplus > 0 && removed[from]?.word.text === lone; surplus--) from++;
  for (; surplus > 0 && to > from && removed[to - 1]?.word.text === lone; surplus--) to--;
  return [
    ...asBefore(removed.slice(0, from)),
    ...removed.slice(from, to),
    ...run.filter(({ change }) => change === "added"),
    ...asBefore(removed.slice(to)),
  ];
}

/** Runs of neighbours of which the same holds. */
function runs<Thing>(things: readonly Thing[], holds: (thing: Thing) => unknown): Thing[][] {
  const found: Thing[][] = [];
  let before: unknown;
  for (const thing of things) {
    const last = found.at(-1);
    const now = holds(thing);
    if (last && now === before) last.push(thing);
    else found.push([thing]);
    before = now;
  }
  return found;
}

/** What is removed is before what is put in its place. A blank between two pieces belongs to neither. */
function piecesOf(found: readonly Step[]): Piece[] {
  const pieces: Piece[] = [];
  const changes = runs(found, ({ change }) => change !== "same").flatMap((run) => [
    ...run.filter(({ change }) => change !== "added"),
    ...run.filter(({ change }) => change === "added"),
  ]);
  let last: Step | undefined;
  for (const each of changes) {
    if (isApart(each, last)) append(pieces, { text: " ", change: each.change === last?.change ? each.change : "same" });
    append(pieces, { text: each.word.text, change: each.change });
    last = each;
  }
  return pieces;
}

const isApart = (each: Step, last: Step | undefined): boolean =>
  last !== undefined &&
  !(each.change === "added" && last.word.text === "(") &&
  (each.word.isApart || (each.change === "same" && last.change === "added" && each.other.isApart));

function append(pieces: Piece[], { text, change }: Piece): void {
  const last = pieces.at(-1);
  if (last?.change === change) pieces[pieces.length - 1] = { text: last.text + text, change };
  else pieces.push({ text, change });
}
