/** Numbers and names as people read them. */

export const grouped = (count: number): string => count.toLocaleString("en-US").replaceAll(",", " ");

export const counted = (count: number, one: string, many: string): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** The name of a relation, without `public`. */
export const shownName = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  schema === "public" ? name : `${schema}.${name}`;
