/**
 * Proves that a trial unit is what its origin is, object by object. Nothing here looks at the dump that the trial was made
 * from: both sides are read from their catalogs, while they have the same name, and are equal to the letter.
 */
import { KINDS } from "../catalog/kinds.ts";
import { pinned } from "../catalog/pinned.ts";
import type { CatalogObject } from "../catalog/read-catalog.ts";
import type { Reference } from "../catalog/read-dependencies.ts";
import type { Session } from "../connections/session.ts";
import { areSameSettings, isSameBody, leftInBody, leftInText, type TextNames } from "./says-the-same.ts";
import { type Fields, type Suspect, settle } from "./settle.ts";

/** One object that is not the same on both sides. */
export interface Difference {
  readonly kind: string;
  readonly name: string;
  readonly how: "missing" | "extra" | "changed";
  /** What the origin says of it, as far as they differ. */
  readonly origin?: string;
  readonly unit?: string;
}

/** A schema as it is compared. */
export interface Side {
  readonly objects: readonly CatalogObject[];
  readonly references: readonly Reference[];
}

/**
 * Compares an origin with a trial unit that was read under its name. Empty if they are equal; equal definitions that Postgres
 * prints in different ways count as equal: what differs in text is tried in the session, which has to be in a transaction,
 * and must not be in use meanwhile.
 */
export async function differencesBetween(
  wanted: Side,
  made: Side,
  session: Session,
  names: TextNames,
): Promise<Difference[]> {
  const { differences, suspects } = matched(wanted.objects, made.objects, names);
  const same = suspects.length === 0 ? new Set() : await pinned(session, () => settle(session, suspects, names.origin));
  const changed = suspects.filter((suspect) => !same.has(suspect)).map(changedDifference);
  return [...differences, ...changed, ...referenceDifferences(wanted.references, made.references)].sort(byKind);
}

/** Pairs the objects by kind and name; what has no counterpart is a difference, what has another text is a suspect. */
function matched(
  wanted: readonly CatalogObject[],
  made: readonly CatalogObject[],
  names: TextNames,
): { differences: Difference[]; suspects: Suspect[] } {
  const keyOf = ({ kind, name }: CatalogObject): string => `${kind} ${name}`;
  const counterparts = new Map(made.map((object) => [keyOf(object), object]));
  const differences: Difference[] = [];
  const suspects: Suspect[] = [];
  for (const object of wanted) {
    const { kind, name, definition } = object;
    const counterpart = counterparts.get(keyOf(object));
    counterparts.delete(keyOf(object));
    if (!counterpart) differences.push({ kind, name, how: "missing", origin: definition });
    // most are the same to the letter, and need not be taken apart
    if (!counterpart || (definition === counterpart.definition && !/public/i.test(definition))) continue;
    const [origin, unit] = [fieldsOf(object), fieldsOf(counterpart)];
    const fields = differingFields(origin, unit, names);
    const left = leftIn(unit, names);
    if (left) differences.push({ kind, name, how: "changed", unit: `says ${left}` });
    else if (fields.length > 0) suspects.push({ object: counterpart, origin, unit, fields });
  }
  for (const { kind, name, definition } of counterparts.values()) {
    differences.push({ kind, name, how: "extra", unit: definition });
  }
  return { differences, suspects };
}

const fieldsOf = ({ definition }: CatalogObject): Fields => JSON.parse(definition) as Fields;

/** The names of the fields that differ. Only the body and the settings of a function are not what they were. */
function differingFields(origin: Fields, unit: Fields, names: TextNames): string[] {
  const same = (field: string): boolean => {
    if (field === "config") return areSameSettings(origin[field], unit[field], names);
    const [before, after] = [text(origin[field]), text(unit[field])];
    return before === after || (field === "body" && isSameBody(before, after, names));
  };
  return [...new Set([...Object.keys(origin), ...Object.keys(unit)])].filter((field) => !same(field)).sort();
}

/** Fields that are data: nothing is looked up by them. Rows are told by their number and a hash. */
const DATA: ReadonlySet<string> = new Set([
  ...KINDS.flatMap(({ definitions }) => definitions).flatMap(({ data = {} }) => Object.keys(data)),
  ...["count", "hash", "body", "config"],
]);

/** What in a unit's definition says public where a schema may be meant. */
function leftIn(unit: Fields, names: TextNames): string | undefined {
  const isPeoples = unit["language"] === "sql" || unit["language"] === "plpgsql";
  const inBody = isPeoples && typeof unit["body"] === "string" ? leftInBody(unit["body"], names) : undefined;
  const rest = Object.entries(unit).filter(([field]) => !DATA.has(field));
  return inBody ?? leftInText(rest.map(([, value]) => text(value)).join("\n"));
}

function changedDifference({ object: { kind, name }, origin, unit, fields }: Suspect): Difference {
  const told = (side: Fields): string => fields.map((field) => `${field}: ${text(side[field])}`).join("; ");
  return { kind, name, how: "changed", origin: told(origin), unit: told(unit) };
}

const text = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "none" : JSON.stringify(value);

/**
 * A trial refers to the very objects that its origin refers to. That sees an operator that no definition shows: the one behind
 * `IS DISTINCT FROM`, say.
 */
function referenceDifferences(wanted: readonly Reference[], made: readonly Reference[]): Difference[] {
  const keyed = (side: readonly Reference[]): Map<string, Reference> =>
    new Map(side.map((reference) => [JSON.stringify(reference), reference]));
  const [expected, found] = [keyed(wanted), keyed(made)];
  const told = ({ to }: Reference): string => `refers to ${to.kind} ${to.name}`;
  return [
    ...[...found].filter(([key]) => !expected.has(key)).map(([, made]) => ({ ...made, unit: told(made) })),
    ...[...expected].filter(([key]) => !found.has(key)).map(([, wanted]) => ({ ...wanted, origin: told(wanted) })),
  ].map(({ kind, name, ...side }) => ({ kind, name, how: "changed", ...side }));
}

const byKind = (a: Difference, b: Difference): number =>
  a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
