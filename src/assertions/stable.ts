/**
 * A value in which what differs from run to run has a name: the same value has the same name wherever it is, so that what refers
 * to what still shows. Names are given in the order in which a snapshot shows values: by the names of fields, sorted.
 */
import type { SchemaDescription } from "./schema-description.ts";

export interface StableOptions {
  /**
   * Fields that hold ids which are numbers, and what they are ids of: `{ "users.id": "user", user_id: "user" }` makes `user#1` of
   * both. A field is called by its name, or by that of anything around it, and its name. `idsOf()` makes these for a schema.
   * `@default` none: after `reset()` numbers begin anew, and are the same in each run
   */
  readonly ids?: Readonly<Record<string, string>>;
  /**
   * `"alike"`: every moment is `date`, since two that the clock gave may be equal in one run and not in the next. `"numbered"`:
   * `date#1`, `date#2`, for tests that hold the clock, or that write in one transaction. `@default "alike"`
   */
  readonly dates?: "alike" | "numbered";
}

/**
 * A copy in which UUIDs are `uuid#1`, `uuid#2` …, also within longer text, and moments (`Date`s, and text such as
 * `2026-11-27T12:00:00Z`) are `date`. Goes into arrays and plain objects; all else is left as it is.
 *
 * @example
 * ```ts
 * expect(stable(await changes(testDb.db, () => order("book")))).toEqual({
 *   orders: { inserted: [{ id: "uuid#1", placed_at: "date" }] },
 *   order_lines: { inserted: [{ id: "uuid#2", order_id: "uuid#1", item: "book" }] },
 * });
 * ```
 */
export function stable(value: unknown, options: StableOptions = {}): unknown {
  return named(value, { path: [], within: [] }, namesFor(options), options);
}

/**
 * The ids of a schema for {@link stable}: primary keys of one column, and what refers to them, by the names of their tables.
 *
 * @example
 * ```ts
 * const ids = idsOf(await describeSchema(testDb.db));
 * expect(stable(written, { ids })).toMatchObject({ bookings: { inserted: [{ id: "bookings#1", room_id: "rooms#1" }] } });
 * ```
 */
export function idsOf({ tables }: Pick<SchemaDescription, "tables">): Record<string, string> {
  const keys = Object.entries(tables).map(([name, { primaryKey }]) => [name, primaryKey ?? [], name] as const);
  const references = Object.entries(tables).flatMap(([name, { foreignKeys }]) =>
    Object.values(foreignKeys).map(({ columns, references }) => [name, columns, references.table] as const),
  );
  const single = [...keys, ...references].filter(([, columns]) => columns.length === 1);
  // what refers comes last: a key that is a reference, too, is of what it refers to
  return Object.fromEntries(single.map(([table, [column], of]) => [`${table}.${column}`, of]));
}

/** Gives the same value of a kind the same name. */
type Names = (kind: string, value: string) => string;

function namesFor({ dates = "alike" }: StableOptions): Names {
  const given = new Map<string, Map<string, string>>();
  return (kind, value) => {
    if (kind === DATE && dates === "alike") return kind;
    const names = given.get(kind) ?? new Map<string, string>();
    given.set(kind, names);
    const name = names.get(value) ?? `${kind}#${names.size + 1}`;
    names.set(value, name);
    return name;
  };
}

const DATE = "date";
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const MOMENT = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?(?![\w:])/g;

/** Where a value is: the names of the fields around it, and what holds it. */
interface Place {
  readonly path: readonly string[];
  readonly within: readonly object[];
}

function named(value: unknown, { path, within }: Place, names: Names, options: StableOptions): unknown {
  if (isDate(value)) return names(DATE, String(value.getTime()));
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
    const of = kindOfId(path, options.ids);
    if (of !== undefined && /^\d+$/.test(String(value))) return names(of, String(value));
    return typeof value === "string" ? namedText(value, names) : value;
  }
  // what holds itself is left to whoever prints it
  if (!isPlain(value) || within.includes(value)) return value;
  const inside = [...within, value];
  if (Array.isArray(value)) return value.map((each) => named(each, { path, within: inside }, names, options));
  const fields = Object.keys(value);
  const copy = Object.fromEntries(fields.map((field): [string, unknown] => [field, undefined]));
  for (const field of [...fields].sort()) {
    copy[field] = named(value[field], { path: [...path, field], within: inside }, names, options);
  }
  return copy;
}

const namedText = (text: string, names: Names): string =>
  text
    .replace(UUID, (uuid) => names("uuid", uuid.toLowerCase()))
    .replace(MOMENT, (moment) => names(DATE, momentKey(moment)));

/** The same moment as a Date and as text has one name. */
function momentKey(text: string): string {
  // Postgres leaves out the minutes of a time zone, which Date wants
  const time = new Date(text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00")).getTime();
  return Number.isNaN(time) ? text : String(time);
}

function kindOfId(path: readonly string[], ids: Readonly<Record<string, string>> = {}): string | undefined {
  const [field, ...around] = [...path].reverse();
  if (field === undefined) return undefined;
  const called = [...around.map((each) => `${each}.${field}`), field];
  return called.map((each) => (Object.hasOwn(ids, each) ? ids[each] : undefined)).find((kind) => kind !== undefined);
}

/** Also one of another context, as with jest. */
const isDate = (value: unknown): value is Date =>
  Object.prototype.toString.call(value) === "[object Date]" && !Number.isNaN((value as Date).getTime());

/** Whether {@link stable} goes into it: an array, or an object of no class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
