/** A later run: one alteration is in place of its query. */
import type { CallSites } from "../../queries/call-sites.ts";
import type { Note, Replacement } from "../work.ts";
import type { Before } from "./asked.ts";
import { noteSites } from "./record.ts";

export function alterer(
  { id, text, sql, sources }: Replacement,
  note: (note: Note) => void,
  isOurs: () => boolean,
): Before {
  const sites: CallSites | undefined = sources && noteSites(isOurs);
  let isMet = false;
  return {
    replace(asked) {
      if (asked.text !== text) return undefined;
      if (sources && !sources.includes(sites?.find() ?? "")) return undefined;
      if (!isMet) note({ is: "altered", id });
      isMet = true;
      return sql;
    },
  };
}
