/** Lines of a text report, without any knowledge of terminals: parts with the tone in which each is said. */
import { printable } from "../../errors.ts";

export type Tone = "bold" | "dim" | "red" | "yellow" | "green";

export interface Part {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export type Line = readonly Part[];

/** Characters in a line. */
export const WIDTH = 100;

export const EMPTY: Line = [];

export const line = (text: string, tone?: Tone): Line => [{ text, tone }];

/**
 * Text as lines of at most `WIDTH` characters, broken between words. A word that is longer has a line of its own: a path that is
 * broken would be opened by no terminal.
 */
export function wrapped(
  text: string,
  { indent = 0, tone }: { readonly indent?: number; readonly tone?: Tone } = {},
): Line[] {
  const lines: string[] = [];
  for (const word of printable(text).split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && indent + last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((each) => line(" ".repeat(indent) + each, tone));
}

/** A label, and beside it lines that were wrapped with its width as their indentation. */
export function labelled(label: Part, width: number, [first, ...more]: readonly Line[]): Line[] {
  const [text, ...parts] = first ?? EMPTY;
  const padded = { ...label, text: label.text.padEnd(width) };
  return [[padded, ...(text ? [{ ...text, text: text.text.trimStart() }] : []), ...parts], ...more];
}

/** A title and what is under it; nothing where nothing is. */
export const section = (title: string, lines: readonly Line[]): Line[] =>
  lines.length === 0 ? [] : [EMPTY, line(title, "bold"), ...lines];

/** So many, and how many more there are. */
export function upTo<Thing>(
  most: number,
  things: readonly Thing[],
  linesOf: (thing: Thing) => readonly Line[],
  indent: number,
): Line[] {
  // one more takes no more room than saying that there is one more
  const shown = things.length <= most + 1 ? things : things.slice(0, most);
  const rest = things.length - shown.length;
  return [...shown.flatMap(linesOf), ...(rest > 0 ? [line(`${" ".repeat(indent)}and ${rest} more`, "dim")] : [])];
}
