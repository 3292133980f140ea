/** The first run: which queries there are, which line asked for each, and which test ran it. */
import { createHook } from "node:async_hooks";
import { CallSites } from "../../queries/call-sites.ts";
import { isControl } from "../../queries/is-control.ts";
import { FACTS_QUERY } from "../sql/facts.ts";
import type { Note, Where } from "../work.ts";
import type { Before } from "./asked.ts";

export function recorder(note: (note: Note) => void, where: () => Where, isOurs: () => boolean): Before {
  const sites = noteSites(isOurs);
  const known = new Set<string | undefined>();
  const source = (): { readonly source?: string } => {
    const line = sites.find();
    return line === undefined ? {} : { source: line };
  };
  return {
    prepare({ text, ask }) {
      if (isControl(text)) return undefined;
      const at = where();
      note({ is: "query", text, ...source(), ...at });
      // another file of tests may have another schema
      if (known.has(at.file)) return undefined;
      known.add(at.file);
      return ask(FACTS_QUERY)
        .then((tables) => note({ is: "facts", tables: JSON.parse(String(tables)) }))
        .catch(() => known.delete(at.file));
    },
    skip: (text) => note({ is: "fragments", text, ...source() }),
  };
}

/** Keeps for each promise and callback where it was made. Bun and Deno have no hooks for that, and a query's line is what is on the stack. */
export function noteSites(isOurs: () => boolean): CallSites {
  const sites = new CallSites();
  if (process.versions["bun"] || process.versions["deno"]) return sites;
  createHook({
    init(asyncId) {
      if (!isOurs()) sites.note(asyncId);
    },
  }).enable();
  return sites;
}
