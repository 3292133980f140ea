/** Names that were probably meant. */

/** The known name that differs in case only, or is at most two letters away. */
export const nearest = (name: string, known: readonly string[]): string | undefined =>
  known.find((each) => each.toLowerCase() === name.toLowerCase() || isNear(each, name, 2));

/** Whether one text becomes the other where at most so many letters are added, left out or changed. */
export function isNear(a: string, b: string, edits: number): boolean {
  if (a === b) return true;
  if (edits === 0 || Math.abs(a.length - b.length) > edits) return false;
  if (a[0] === b[0]) return isNear(a.slice(1), b.slice(1), edits);
  return [a, a.slice(1)].some((x) => [b, b.slice(1)].some((y) => (x !== a || y !== b) && isNear(x, y, edits - 1)));
}
