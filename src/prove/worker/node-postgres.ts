/** Queries of node-postgres: each passes its client's `query()`, and a client sends them in the order in which it was given them. */
import type { Driver } from "../../queries/capturing.ts";
import { type Method, set } from "../../queries/replace.ts";
import { uncaptured } from "../../uncaptured.ts";
import type { Asked, Before } from "./asked.ts";

/** What is given, or what a cursor or a stream has. */
interface Given {
  text?: unknown;
  name?: unknown;
  readonly values?: unknown;
  readonly cursor?: Given;
  readonly submit?: unknown;
}

export function interceptNodePostgres(
  { prototype }: Pick<Driver, "prototype">,
  before: Before,
  isOurs: () => boolean,
): void {
  const { query: original } = prototype as { query: Method };
  set(prototype, "query", function (this: unknown, ...given) {
    const send = (what: readonly unknown[]): unknown => Reflect.apply(original, this, what);
    const [first, values] = given;
    const config: Given = typeof first === "string" ? { text: first } : ((first ?? {}) as Given);
    const { text, values: own } = config.cursor ?? config;
    if (typeof text !== "string" || isOurs()) return send(given);
    let settle: () => void = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const asked: Asked = {
      text,
      settled,
      parameters: Array.isArray(values) ? values : Array.isArray(own) ? own : [],
      ask: (sql) => uncaptured(async () => lastValueOf(await send([sql]))),
    };
    // what is asked is in the queue before the query is; nobody waits for it here
    void before.prepare?.(asked)?.catch(() => {});
    const replacement = before.replace?.(asked);
    const result = send(replacement === undefined ? given : [replaced(first, replacement), ...given.slice(1)]);
    // by a callback, there is no promise
    if (result instanceof Promise) result.then(settle, settle);
    else settle();
    return result;
  });
}

interface Result {
  readonly rows: readonly object[];
}

/** Of several statements there are several results. */
function lastValueOf(given: unknown): unknown {
  const result = (Array.isArray(given) ? given.at(-1) : given) as Result;
  return Object.values(result.rows.at(-1) ?? {})[0];
}

function replaced(first: unknown, text: string): unknown {
  if (typeof first === "string") return text;
  const config = first as Given;
  const holder = config.cursor ?? config;
  // a statement's name belongs to its text
  const name = typeof holder.name === "string" ? { name: `${holder.name}_altered` } : {};
  if (!config.submit) return { ...config, text, ...name };
  Object.assign(holder, { text, ...name });
  return config;
}
