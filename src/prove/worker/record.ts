/** The first run: which queries there are, which line asked for each, and which test ran it. */
import { isControl } from "../../queries/is-control.ts";
import { FACTS_QUERY } from "../sql/facts.ts";
import type { Note, Where } from "../work.ts";
import type { Before } from "./asked.ts";
import { shortValue } from "./short-value.ts";
import { SourceLines } from "./source-lines.ts";

/** What Drizzle's migrator asks on its own. */
const OF_MIGRATOR = /__drizzle_migrations|^\s*create schema if not exists "drizzle"\s*$/i;

export function recorder(note: (note: Note) => void, where: () => Where, isOurs: () => boolean): Before {
  const lines = new SourceLines(isOurs);
  const known = new Set<string | undefined>();
  const source = (promise?: object): { readonly source?: string } => {
    const line = lines.find(promise);
    return line === undefined ? {} : { source: line };
  };
  return {
    prepare({ text, parameters, promise, ask }) {
      if (isControl(text) || OF_MIGRATOR.test(text)) return undefined;
      const at = where();
      note({ is: "query", text, ...source(promise), ...at, values: parameters.map(shortValue) });
      // another file of tests may have another schema
      if (known.has(at.file)) return undefined;
      known.add(at.file);
      return ask(FACTS_QUERY)
        .then((tables) =>
          note({ is: "facts", ...(at.file ? { file: at.file } : {}), tables: JSON.parse(String(tables)) }),
        )
        .catch(() => known.delete(at.file));
    },
    watch: (module) => lines.watch(module),
    skip: (text, promise) => note({ is: "fragments", text, ...source(promise) }),
  };
}
