/** Where a query is asked for: `src/teams.ts:14:22`, `C:\app\src\teams.ts:14:22`. */
export interface Place {
  readonly file: string;
  /** From 1, as editors count. */
  readonly line: number;
  readonly column: number;
}

/** Undefined for what is not of that form. */
export function placeOf(source: string): Place | undefined {
  const [, file, line, column] = /^(.+):(\d{1,9}):(\d{1,9})$/s.exec(source) ?? [];
  if (!file || !Number(line) || !Number(column)) return undefined;
  return { file, line: Number(line), column: Number(column) };
}
