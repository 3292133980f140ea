/** Every query of postgres.js passes its own `handle()`, once, when it is first waited for. */
import type { Driver, Sent } from "./capturing.ts";
import { replace } from "./replace.ts";

/** What of a query is read. */
interface Query {
  readonly executed: boolean;
  /** Of a query of postgres.js' own, by which it learns types, there is none. */
  readonly canceller: unknown;
  readonly tagged: boolean;
  readonly strings: readonly string[];
  readonly args: readonly unknown[];
  /** What was sent, once it was. */
  readonly string?: string;
  readonly parameters?: readonly unknown[];
}

type Connect = (url: string, options: object) => { unsafe(text: string): object };

export function changePostgresJs(module: unknown): Driver[] {
  if (typeof module !== "function") return [];
  // a client connects with its first query, and a query is sent when it is waited for
  const query = (module as Connect)("postgres://127.0.0.1/", { fetch_types: false }).unsafe("");
  const prototype = Object.getPrototypeOf(query) as object;
  return [
    {
      prototype,
      change: (capturing) =>
        replace(prototype, "handle", (self, given) => {
          const query = self as Query;
          if (!query.executed && query.canceller) capturing.note(sentOf(query));
          return given;
        }),
    },
  ];
}

/** The text of a template is made when it is sent: by the client's options, and by fragments. */
const sentOf = (query: Query): Sent => ({
  text: () => query.string ?? templateOf(query),
  parameters: () => valuesOf((hasFragments(query) && query.parameters) || query.args),
});

type Template = Pick<Query, "tagged" | "strings" | "args">;

/** The text of a template without fragments. */
export const templateOf = ({ strings }: Template): string =>
  strings.map((part, index) => (index > 0 ? `$${index}${part}` : part)).join("");

/** Whether the text is not known before it is sent. */
export const hasFragments = ({ tagged, args }: Template): boolean => tagged && args.some(isFragment);

export const valuesOf = (values: readonly unknown[]): unknown[] =>
  values.map((value) => (isTyped(value) ? value.value : value));

/** A value with the type that it is sent as. */
const isTyped = (value: unknown): value is { readonly value: unknown } => isThenable(value) && "type" in value;

/** A query in a query, a name, or values by their columns; or several queries. */
const isFragment = (value: unknown): boolean =>
  (isThenable(value) && !isTyped(value)) || (Array.isArray(value) && isThenable(value[0]));

/** All that postgres.js makes is: names and values fail there, so that nobody awaits them. */
const isThenable = (value: unknown): value is object => typeof value === "object" && value !== null && "then" in value;
