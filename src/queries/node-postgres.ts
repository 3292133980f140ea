/** Every query of node-postgres passes its client's `query()`, whichever pool the client is of. */
import { AsyncResource } from "node:async_hooks";
import type { Driver, Sent } from "./capturing.ts";
import { replace } from "./replace.ts";

/** What of a query is read: of the object that is given, or of a cursor or a stream, which has one. */
interface Given {
  readonly text?: unknown;
  readonly values?: unknown;
  readonly cursor?: Given;
}

export function changeNodePostgres(module: unknown): Driver[] {
  const prototype = prototypeOf(module, "Client", "query");
  if (!prototype) return [];
  return [
    {
      prototype,
      change: (capturing) =>
        replace(prototype, "query", (_, given) => {
          const sent = sentOf(given);
          if (sent) capturing.note(sent);
          return given;
        }),
    },
  ];
}

/** A pool calls whom it has a client for from within the work that gave the client back: that is another context. */
export function changePool(module: unknown): Driver[] {
  const prototype = prototypeOf(module, "Pool", "connect");
  if (!prototype) return [];
  return [
    {
      prototype,
      change: ({ context }) =>
        replace(prototype, "connect", (_, given) => {
          const [callback] = given;
          if (typeof callback !== "function" || !context.getStore()) return given;
          return [AsyncResource.bind(callback as () => void)];
        }),
    },
  ];
}

/** The prototype that has the method itself: a pool's is that of pg-pool, which applications use without pg, too. */
function prototypeOf(module: unknown, name: "Client" | "Pool", method: string): object | undefined {
  let prototype = (module as Record<string, { readonly prototype?: object } | undefined>)[name]?.prototype;
  while (prototype && !Object.hasOwn(prototype, method)) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}

function sentOf([query, values]: readonly unknown[]): Sent | undefined {
  const given: Given = typeof query === "string" ? { text: query } : ((query ?? {}) as Given);
  const { text, values: own } = given.cursor ?? given;
  if (typeof text !== "string") return undefined;
  const parameters = Array.isArray(values) ? values : Array.isArray(own) ? own : [];
  return { text: () => text, parameters: () => [...parameters] };
}
