/** What is different in two databases in which the same should be, object by object. */
import { isPartOf } from "../catalog/parts.ts";
import { pinned } from "../catalog/pinned.ts";
import type { CatalogObject } from "../catalog/read-catalog.ts";
import type { Session } from "../connections/session.ts";
import type { Difference } from "./differences-between.ts";
import { type Fields, type Suspect, settle } from "./settle.ts";

/** Both as text, to the letter. Pure. */
export function compareCatalogs(wanted: readonly CatalogObject[], found: readonly CatalogObject[]): Difference[] {
  const { missing, extra, suspects } = matched(wanted, found);
  return [...whole("missing", missing), ...suspects.map(changedDifference), ...whole("extra", extra)];
}

/**
 * The same of a database that was made from SQL which Postgres had printed, with a session in it: what Postgres prints in another way once
 * it was read back counts as equal.
 */
export async function compareRestored(
  session: Session,
  wanted: readonly CatalogObject[],
  found: readonly CatalogObject[],
): Promise<Difference[]> {
  const { missing, extra, suspects } = matched(wanted, found);
  const same = new Set<Suspect>();
  await session.script("begin");
  for (const schema of new Set(suspects.map(({ object }) => object.schema))) {
    const there = suspects.filter(({ object }) => object.schema === schema);
    for (const suspect of await pinned(session, () => settle(session, there, schema))) same.add(suspect);
  }
  await session.script("rollback");
  const changed = suspects.filter((suspect) => !same.has(suspect));
  return [...whole("missing", missing), ...changed.map(changedDifference), ...whole("extra", extra)];
}

interface Matched {
  readonly missing: readonly CatalogObject[];
  readonly extra: readonly CatalogObject[];
  readonly suspects: readonly Suspect[];
}

function matched(wanted: readonly CatalogObject[], found: readonly CatalogObject[]): Matched {
  const keyOf = ({ schema, kind, name }: CatalogObject): string => JSON.stringify([schema, kind, name]);
  const counterparts = new Map(found.map((object) => [keyOf(object), object]));
  const missing: CatalogObject[] = [];
  const suspects: Suspect[] = [];
  for (const object of wanted) {
    const counterpart = counterparts.get(keyOf(object));
    counterparts.delete(keyOf(object));
    if (!counterpart) missing.push(object);
    else if (counterpart.definition !== object.definition) suspects.push(...suspectOf(object, counterpart));
  }
  return { missing, extra: [...counterparts.values()], suspects };
}

function suspectOf(wanted: CatalogObject, object: CatalogObject): Suspect[] {
  const [origin, unit] = [fieldsOf(wanted), fieldsOf(object)];
  const fields = [...new Set([...Object.keys(origin), ...Object.keys(unit)])].filter(
    (field) =>
      text(origin[field]) !== text(unit[field]) && (!LISTS.has(field) || sorted(origin[field]) === sorted(unit[field])),
  );
  return fields.length === 0 ? [] : [{ object, origin, unit, fields }];
}

const fieldsOf = ({ definition }: CatalogObject): Fields => JSON.parse(definition) as Fields;

/** Of other objects, in the order in which they were made: which of them are there is told of themselves. */
const LISTS: ReadonlySet<string> = new Set(["children", "indexes", "foreignKeys"]);

const sorted = (list: unknown): string => JSON.stringify(Array.isArray(list) ? [...list].sort() : list);

const text = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "none" : JSON.stringify(value);

/** What comes or goes with something else needs no line of its own. */
const whole = (how: "missing" | "extra", objects: readonly CatalogObject[]): Difference[] =>
  objects
    .filter((object) => !objects.some((other) => isPartOf(object, other)))
    .map((object) => ({ kind: object.kind, name: shown(object), how }));

function changedDifference({ object, origin, unit, fields }: Suspect): Difference {
  const told = (side: Fields): string => fields.map((field) => `${field}: ${text(side[field])}`).join("; ");
  return { kind: object.kind, name: shown(object), how: "changed", origin: told(origin), unit: told(unit) };
}

const shown = ({ schema, kind, name }: CatalogObject): string =>
  ["", "public"].includes(schema) || kind === "schema" ? name : `${schema}.${name}`;
