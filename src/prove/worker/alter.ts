/** A later run: one alteration is in place of its query. */
import type { Note, Replacement } from "../work.ts";
import type { Before } from "./asked.ts";
import { SourceLines } from "./source-lines.ts";

export function alterer(
  { id, text, sql, sources }: Replacement,
  note: (note: Note) => void,
  isOurs: () => boolean,
): Before {
  const lines = sources && new SourceLines(isOurs);
  let isMet = false;
  return {
    ...(lines ? { watch: (module: object) => lines.watch(module) } : {}),
    replace(asked) {
      if (asked.text !== text) return undefined;
      if (sources && !sources.includes(lines?.find(asked.promise) ?? "")) return undefined;
      if (!isMet) note({ is: "altered", id });
      isMet = true;
      return sql;
    },
  };
}
