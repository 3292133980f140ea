const longest = 63;

/**
 * The id a new system gets from its name: lower case, words joined by hyphens, at most 63 characters.
 *
 * @throws {RangeError} when nothing of the name is left
 */
export function systemIdFor(name: string): string {
  const id = name
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, longest)
    .replace(/-+$/, "");
  if (id === "") throw new RangeError(`No id can be made from the name ${JSON.stringify(name)}`);
  return id;
}
