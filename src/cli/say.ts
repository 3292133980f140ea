/** What commands print: lines and JSON, in which names may hold anything. Colours are for terminals, and none with `NO_COLOR`. */
import { stripVTControlCharacters, styleText } from "node:util";
import { printable, printableLines } from "../errors.ts";

type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** Prints lines on stdout. Those that hold names go through `printable()` or `styled()` first. */
const print = (lines: readonly string[]): void => console.log(lines.join("\n"));

export const say = (...lines: readonly string[]): void => print(lines.map(printable));

/** A part of a line on stdout, to be printed by `sayStyled()`. */
export const styled = (style: Style | readonly Style[], text: string): string =>
  styleText(style as Style, printable(text), { stream: process.stdout });

/** Prints lines of which each part that may hold a name went through `styled()` or `printable()`. */
export const sayStyled = (...lines: readonly string[]): void => print(lines);

/** Prints a value. JSON has an escape for every control character but some. */
export const sayJson = (value: unknown): void => console.log(printableLines(JSON.stringify(value, null, 2)));

/** Rows as lines with aligned columns, two blanks apart; the last column is not padded. Cells may be styled. */
export function inColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat((widths[index] as number) - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
}

const widthOf = (cell: string): number => stripVTControlCharacters(cell).length;
