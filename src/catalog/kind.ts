/**
 * What the list of kinds says of each catalog of Postgres whose rows are objects, or parts of objects. Every question has
 * to be answered: where a kind has nothing to say, it says why.
 */
import { comment, exists, existsAny, FIRST_USER_OID, isMember, partName } from "./expressions.ts";
import type { Settling } from "./settling.ts";

export interface Kind {
  /** The catalog: "pg_proc". In conditions on its rows, `x` is the row. */
  readonly catalog: string;
  /** Where an object is: what `readObjectNames` and `readDependencies` go by. */
  readonly place: InSchema | PartOf | None;
  /** What is compared of it: what `readCatalog` reads. */
  readonly definitions: readonly Definition[];
  /** How to try whether two texts mean the same, by the kind's name: what `settle` does. Absent where nothing has an expression. */
  readonly settling?: Readonly<Record<string, Settling>> | undefined;
}

/** Why a question does not arise. */
export interface None {
  readonly none: string;
}

/** An object that has a name in a schema, by the columns with both. */
export interface InSchema {
  readonly name: string;
  readonly schema: string;
  /** True of rows that come with another object and have its name, or one made from it: they belong to whom that belongs. */
  readonly implied?: string;
  /** True of rows whose dependencies are another object's, beside members of extensions. */
  readonly borrowed?: string;
}

/** An object that is where another one is: by the catalog of that one, the column that says which. */
export interface PartOf {
  readonly partOf: Readonly<Record<string, string>>;
  readonly borrowed?: string | undefined;
}

/**
 * A SELECT of one or more kinds of objects. It has two relations to select from, `ns` with the schemas wanted (oid,
 * nspname), and `rel` with their relations (nspname, all of pg_class).
 */
export interface Definition {
  /** Whether it is read only in one schema, or only in what is outside of one. */
  readonly only?: "schema" | "outside";
  /** As SQL; the name is quoted where necessary, and follows that of what the object is a part of. */
  readonly object: readonly [schema: string, kind: string, name: string];
  /** All else that makes two objects different, as SQL. What is NULL is left out. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Fields in which no name of a schema is looked for: they have to be equal letter by letter. */
  readonly data?: Readonly<Record<string, string>>;
  readonly from: string;
  /** Nothing is selected where this is false. To plan a SELECT costs more than to know that there is nothing for it. */
  readonly there?: string;
}

export const none = (why: string): None => ({ none: why });

/** What a kind is beside what is usual in its place. */
interface Details extends Pick<Definition, "fields" | "data" | "there">, Partial<Pick<Kind, "settling">> {
  readonly name?: string;
  readonly where?: string;
  /** What else is compared of the kind. */
  readonly also?: readonly Definition[];
}

/** What has a name in a schema: objects of users that are no members of extensions. Few schemas have one, if nothing else is said. */
export const inSchema = (
  catalog: string,
  place: InSchema,
  kind: string,
  { name, where = "true", also = [], data, settling, ...rest }: Details,
): Kind => ({
  catalog,
  place,
  settling,
  definitions: [
    {
      object: ["n.nspname", kind, name ?? `quote_ident(x.${place.name})`],
      data: { ...data, comment: comment(catalog, "x.oid") },
      from: `${catalog} x join ns n on n.oid = x.${place.schema}
where x.oid >= ${FIRST_USER_OID} and not ${isMember(catalog, "x.oid")} and ${where}`,
      there: exists(catalog),
      ...rest,
    },
    ...also,
  ],
});

/** Parts of relations, `c`, with a name of their own. */
export const inRelation = (
  catalog: string,
  { name, relation }: { readonly name: string; readonly relation: string },
  kind: string,
  { where = "true", also = [], data, settling, borrowed, ...rest }: PartDetails,
): Kind => ({
  catalog,
  settling,
  place: { partOf: { pg_class: relation }, borrowed },
  definitions: [
    {
      object: ["c.nspname", kind, partName("c.relname", `x.${name}`)],
      data: { ...data, comment: comment(catalog, "x.oid") },
      from: `rel c join ${catalog} x on x.${relation} = c.oid where ${where}`,
      there: exists(catalog),
      ...rest,
    },
    ...also,
  ],
});

type PartDetails = Omit<Details, "name"> & Pick<PartOf, "borrowed">;

/** A catalog that is read as fields of another one's objects: no row of it has a name, or dependencies of its own. */
export const detail = (catalog: string, whole: string): Kind => ({
  catalog,
  place: none(`it is a part of ${whole}`),
  definitions: [],
});

/** What belongs to a database or a cluster rather than to a schema. It is compared with what it was, in the same database. */
export const outside = (catalog: string, kind: string, { name, ...rest }: OutsideDetails): Kind => ({
  catalog,
  place: none("it is in no schema"),
  definitions: [
    { only: "outside", object: ["''", kind, name], from: `${catalog} x`, there: existsAny(catalog), ...rest },
  ],
});

interface OutsideDetails extends Pick<Definition, "fields" | "there"> {
  readonly name: string;
  readonly from?: string;
}
