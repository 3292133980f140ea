/**
 * Which line built a query. Drizzle's builders are sent when they are awaited, which another function may do than the one that built
 * them: a repository returns `db.select()…`, and a test awaits that. So each builder gets its session with the line that it was begun in.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Method, set } from "../../queries/replace.ts";

/** What of a database, of a builder of relational queries, and of their sessions is used. */
interface Holder {
  readonly session?: Session;
}

interface Session {
  prepareQuery(...given: unknown[]): { execute: Method };
}

export class BuilderLines {
  readonly #line = new AsyncLocalStorage<string | undefined>();
  readonly #here: () => string | undefined;
  readonly #known = new WeakSet<object>();

  /** @param here - the line of the project that is on the stack */
  constructor(here: () => string | undefined) {
    this.#here = here;
  }

  /** Of the query that is sent now. */
  get line(): string | undefined {
    return this.#line.getStore();
  }

  /** Finds the classes among what a module of Drizzle's exports. */
  watch(module: object): void {
    for (const exported of Object.values(module)) {
      const prototype: unknown = typeof exported === "function" ? exported.prototype : undefined;
      if (typeof prototype !== "object" || prototype === null || this.#known.has(prototype)) continue;
      const methods = Object.hasOwn(prototype, "selectDistinctOn") ? OF_DATABASE : OF_RELATIONS;
      if (!methods.every((name) => Object.hasOwn(prototype, name))) continue;
      this.#known.add(prototype);
      for (const name of methods) this.#change(prototype as Record<string, Method>, name);
    }
  }

  #change(prototype: Record<string, Method>, name: string): void {
    const original = prototype[name] as Method;
    const [here, withLine] = [this.#here, this.#withLine.bind(this)];
    set(prototype, name, function (this: unknown, ...given) {
      const { session } = this as Holder;
      const line = session && here();
      if (!line) return Reflect.apply(original, this, given);
      const changed = Object.create(this as object, { session: { value: withLine(session, line) } });
      return Reflect.apply(original, changed, given);
    });
  }

  #withLine(session: Session, line: string): Session {
    const store = this.#line;
    const prepareQuery: Method = (...given) => {
      const prepared = session.prepareQuery(...given);
      const { execute } = prepared;
      prepared.execute = (...values) => store.run(line, () => Reflect.apply(execute, prepared, values));
      return prepared;
    };
    return Object.create(session, { prepareQuery: { value: prepareQuery } });
  }
}

const OF_DATABASE = [
  "select",
  "selectDistinct",
  "selectDistinctOn",
  "insert",
  "update",
  "delete",
  "execute",
  "$count",
  "with",
];
const OF_RELATIONS = ["findFirst", "findMany"];

/** The modules that export them. */
export const BUILDERS = ["drizzle-orm/pg-core", "drizzle-orm/pg-core/query-builders/query"] as const;
