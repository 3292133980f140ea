/** What commands print: lines and JSON, in which names may hold anything. */
import { printable, printableLines } from "../errors.ts";

export const say = (...lines: readonly string[]): void => console.log(lines.map(printable).join("\n"));

/** Prints a value. JSON has an escape for every control character but some. */
export const sayJson = (value: unknown): void => console.log(printableLines(JSON.stringify(value, null, 2)));
