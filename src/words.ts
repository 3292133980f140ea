/** Numbers, times and names as people read them. */

export const grouped = (count: number): string => count.toLocaleString("en-US").replaceAll(",", " ");

export const counted = (count: number, one: string, many: string): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** The name of a relation, without `public`. */
export const shownName = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  schema === "public" ? name : `${schema}.${name}`;

export const msInWords = (ms: number): string =>
  ms < 10
    ? `${ms.toFixed(1)} ms`
    : ms < 10_000
      ? `${Math.round(ms)} ms`
      : ms < 120_000
        ? `${(ms / 1000).toFixed(1)} s`
        : `${(ms / 60_000).toFixed(1)} min`;

/** At most so many characters, the last of which says that there are more. */
export const shortened = (text: string, length: number): string =>
  [...text].length > length ? `${[...text].slice(0, length - 1).join("")}…` : text;
