/** What is recorded of a statement: plain data, in which SQL is text. */
import { is, Placeholder, SQL } from "drizzle-orm";
import type { MockCall, MockCondition } from "./mock-call.ts";
import { last, nameOf, type Statement } from "./statement.ts";

/** SQL as Drizzle writes it. */
export type Render = (sql: SQL) => MockCondition;

type Row = Readonly<Record<string, unknown>>;

/**
 * @param sent - what Drizzle gave the driver
 * @param filled - values of placeholders
 */
export function describeCall(
  statement: Statement,
  sent: Pick<MockCall, "sql" | "params" | "transaction">,
  filled: Row,
  render: Render,
): MockCall {
  const { operation, source, steps, hasRows } = statement;
  const argument = (method: string): unknown => last(steps, method)?.args[0];
  const row = (given: Row): Row =>
    Object.fromEntries(Object.entries(given).map(([key, value]) => [key, recorded(value)]));
  const recorded = (value: unknown): unknown => {
    if (is(value, Placeholder)) return filled[value.name];
    return is(value, SQL) ? render(value) : value;
  };
  const values = argument("values") as Row | readonly Row[] | undefined;
  const set = argument("set") as Row | undefined;
  const where = argument("where");
  const table = nameOf(source);
  const config = operation === "findMany" || operation === "findFirst" ? argument(operation) : undefined;
  return {
    operation,
    ...(table === undefined ? {} : { table }),
    ...sent,
    ...(values === undefined ? {} : { values: [values].flat().map((given) => row(given as Row)) }),
    ...(set === undefined ? {} : { set: row(set) }),
    ...(is(where, SQL) ? { where: render(where) } : {}),
    ...(["insert", "update", "delete"].includes(operation) ? { returning: hasRows } : {}),
    ...(config === undefined ? {} : { config: plain(config, recorded) }),
  };
}

/** Conditions may be SQL at any depth of what is passed to `db.query`. */
function plain(value: unknown, recorded: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => plain(element, recorded));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return recorded(value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part, recorded)]));
}
