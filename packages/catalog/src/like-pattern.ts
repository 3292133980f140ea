/** What a user typed, as a LIKE pattern that finds it anywhere and takes none of its characters for a wildcard. */
export function containsPattern(typed: string): string {
  return `%${typed.replace(/[\\%_]/g, "\\$&")}%`;
}
