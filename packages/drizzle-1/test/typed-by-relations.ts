/** The conformance suites' tables by the relations of drizzle-orm 1.0; the suites are written in the types of 0.45. */
import * as orm from "drizzle-orm";
import type { Tables } from "../../../test/drivers/tables.ts";

export const typedByRelations = ({ owners, cats }: Tables): object => ({
  relations: orm.defineRelations({ owners, cats } as never, (r: never) => relationsOf(r)),
});

/** What every table's helper is typed by is lost above; this is all that the suites need of it. */
function relationsOf(r: {
  one: { owners(by: object): unknown };
  cats: { ownerId: unknown };
  owners: { id: unknown };
}): never {
  return { cats: { owner: r.one.owners({ from: r.cats.ownerId, to: r.owners.id }) } } as never;
}
