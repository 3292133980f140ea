/** drizzle-orm 1.0, as the suites that are parameterised by a line want to know it. */
import * as orm from "drizzle-orm";
import * as core from "drizzle-orm/pg-core";
import type { Line } from "../../../test/drivers/subjects.ts";
import type { Tables } from "../../../test/drivers/tables.ts";
import { folderPerMigration } from "../../../test/support/migrations.ts";

// the suite is written in the types of 0.45; both lines do the same with what it asks for
export const drizzle1: Line = {
  orm,
  core,
  migrationsFolder: folderPerMigration,
  typedBy: ({ owners, cats }: Tables) => ({
    relations: orm.defineRelations({ owners, cats } as never, (r: never) => relationsOf(r)),
  }),
} as unknown as Line;

/** What every table's helper is typed by is lost above; this is all that the suite needs of it. */
function relationsOf(r: {
  one: { owners(by: object): unknown };
  cats: { ownerId: unknown };
  owners: { id: unknown };
}): never {
  return { cats: { owner: r.one.owners({ from: r.cats.ownerId, to: r.owners.id }) } } as never;
}
