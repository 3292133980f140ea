/** What objects of a catalog belong to. */
import type { CatalogObject } from "./read-catalog.ts";

/** Kinds of objects that all databases of a server have in common. */
export const CLUSTER_WIDE: ReadonlySet<string> = new Set([
  "role",
  "role membership",
  "role setting",
  "tablespace",
  "parameter",
]);

type Place = Pick<CatalogObject, "schema" | "kind" | "name">;

/** Whether an object comes and goes with another one: a schema, or a relation. */
export const isPartOf = (object: Place, whole: Place): boolean =>
  whole !== object &&
  whole.schema === object.schema &&
  object.schema !== "" &&
  (whole.kind === "schema" || object.name.startsWith(`${whole.name}.`) || isContentOf(object, whole));

const isContentOf = ({ kind, name }: Place, whole: Place): boolean =>
  (kind === "rows" || kind === "sequence state") && name === whole.name && whole.kind !== kind;
