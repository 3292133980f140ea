/** Files that have rows, and no SQL. */
import { basename } from "node:path";

const ENDING = /\.(csv|json)$/i;

export const isFileOfRows = (part: unknown): part is string => typeof part === "string" && ENDING.test(part);

/** Whether it is of those that `seed` takes: what else would be SQL, as `rows.tsv`, is none. */
export const isSeedFile = (file: string): boolean => /\.(sql|csv|json)$/i.test(file);

/** The table that such a file is named after. */
export const tableOfFile = (file: string): string => basename(file).replace(ENDING, "");
