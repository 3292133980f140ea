/**
 * Proves that a unit is what its blueprint is, object by object. Nothing here looks at the dump that the unit was made
 * from: both sides are read from their catalogs, and the unit's dependencies from Postgres' own record of them.
 */
import { pinned } from "../../../catalog/pinned.ts";
import type { CatalogObject } from "../../../catalog/read-catalog.ts";
import type { Reference } from "../../../catalog/read-dependencies.ts";
import type { Session } from "../../../connections/session.ts";
import type { Retargeting } from "../retarget/retargeting.ts";
import { differingFields, type Fields } from "./differing-fields.ts";
import { type Names, namesOf, neutral } from "./names.ts";
import { type Suspect, settle } from "./settle.ts";

/** One object that is not the same on both sides. */
export interface Difference {
  readonly kind: string;
  readonly name: string;
  readonly how: "missing" | "extra" | "changed";
  /** What the blueprint says of it, as far as they differ. */
  readonly blueprint?: string;
  readonly unit?: string;
}

/** A schema as it is compared. */
export interface Side {
  readonly objects: readonly CatalogObject[];
  readonly references: readonly Reference[];
}

/**
 * Compares a blueprint's schema with a unit. Empty if they are equal; equal definitions that Postgres prints in
 * different ways count as equal: what differs in text is tried in the unit's session, which has to be in a transaction, and
 * must not be in use meanwhile.
 *
 * @param retargeting - how the unit was made from the blueprint; `to` is the unit itself
 */
export async function differencesBetween(
  wanted: Side,
  made: Side,
  unit: Session,
  retargeting: Retargeting,
): Promise<Difference[]> {
  const names = namesOf(retargeting);
  const { differences, suspects } = matched(wanted.objects, made.objects, names);
  const same = suspects.length === 0 ? new Set() : await pinned(unit, () => settle(unit, suspects, names));
  const changed = suspects.filter((suspect) => !same.has(suspect)).map(changedDifference);
  return [...differences, ...changed, ...referenceDifferences(wanted.references, made.references, names)].sort(byKind);
}

/** Pairs the objects by kind and name; what has no counterpart is a difference, what has another text is a suspect. */
function matched(
  wanted: readonly CatalogObject[],
  made: readonly CatalogObject[],
  names: Names,
): { differences: Difference[]; suspects: Suspect[] } {
  const keyOf = ({ kind, name }: CatalogObject): string => `${kind} ${neutral(name, names)}`;
  const counterparts = new Map(made.map((object) => [keyOf(object), object]));
  const differences: Difference[] = [];
  const suspects: Suspect[] = [];
  for (const object of wanted) {
    const { kind, name } = object;
    const counterpart = counterparts.get(keyOf(object));
    counterparts.delete(keyOf(object));
    if (!counterpart) {
      differences.push({ kind, name, how: "missing", blueprint: object.definition });
      continue;
    }
    if (isPlainlyEqual(object.definition, counterpart.definition, names)) continue;
    const [blueprint, unit] = [fieldsOf(object), fieldsOf(counterpart)];
    const fields = differingFields(blueprint, unit, names);
    if (fields.length > 0) suspects.push({ object: counterpart, blueprint, unit, fields });
  }
  for (const { kind, name, definition } of counterparts.values()) {
    differences.push({ kind, name, how: "extra", unit: definition });
  }
  return { differences, suspects };
}

/**
 * Whether two definitions are the same letter by letter and say nothing of the blueprint's schema: most are, and need not
 * be taken apart. Routines are not told so, since what their bodies mean depends on more than their text.
 */
const isPlainlyEqual = (blueprint: string, unit: string, { from }: Retargeting): boolean =>
  blueprint === unit && !blueprint.includes(JSON.stringify(from).slice(1, -1)) && !/"(?:body|config)":/.test(blueprint);

const fieldsOf = ({ definition }: CatalogObject): Fields => JSON.parse(definition) as Fields;

function changedDifference({ object: { kind, name }, blueprint, unit, fields }: Suspect): Difference {
  const told = (side: Fields): string =>
    fields.map((field) => `${field}: ${side[field] === undefined ? "none" : text(side[field])}`).join("; ");
  return { kind, name, how: "changed", blueprint: told(blueprint), unit: told(unit) };
}

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/**
 * A unit depends on nothing outside of itself but members of extensions, and uses the very functions and operators that
 * its blueprint uses. That tells an object of the project's from an extension's of the same name, and sees an operator
 * that no definition shows: the one behind `IS DISTINCT FROM`, say.
 */
function referenceDifferences(wanted: readonly Reference[], made: readonly Reference[], names: Names): Difference[] {
  const keyOf = ({ kind, name, to }: Reference): string =>
    [kind, neutral(name, names), to.kind, neutral(to.name, names), to.extension ?? to.inside].join("\n");
  const mayBe = ({ to }: Reference): boolean => to.inside || to.extension !== undefined;
  const told = ({ to }: Reference): string => `refers to ${to.kind} ${to.name}`;

  const expected = new Map(wanted.filter(mayBe).map((reference) => [keyOf(reference), reference]));
  const differences: Difference[] = [];
  for (const reference of made) {
    const { kind, name } = reference;
    if (expected.delete(keyOf(reference))) continue;
    differences.push({ kind, name, how: "changed", unit: told(reference) });
  }
  for (const reference of expected.values()) {
    differences.push({ kind: reference.kind, name: reference.name, how: "changed", blueprint: told(reference) });
  }
  return differences;
}

const byKind = (a: Difference, b: Difference): number =>
  a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
