import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CatalogObject, readCatalog } from "../../src/catalog/read-catalog.ts";
import { readDependencies } from "../../src/catalog/read-dependencies.ts";
import { readObjectNames } from "../../src/catalog/read-object-names.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { runMigrations } from "../../src/migrations/run-migrations.ts";
import type { Side } from "../../src/proof/differences-between.ts";
import { readCreationOrder } from "../../src/replay/creation-order.ts";
import { movePublic } from "../../src/replay/move-public.ts";
import { replayOf } from "../../src/replay/replay-of.ts";
import { tryReplay } from "../../src/replay/try-replay.ts";
import { formFolder } from "../support/awkward.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const ORIGIN = "it_origin";

/** Samples in `drizzle/`, and why a schema can't hold them. */
const SAMPLES: [form: string, reason?: RegExp][] = [
  ["alias-called-public"],
  ["bare-public"],
  ["called-public", /function in_body says public\., and something is called that/],
  ["casts", /does not replay: cannot cast type color to integer/],
  ["circular"],
  ["columns", /table rows looks names up/],
  ["default-privileges"],
  ["details"],
  ["extension-names"],
  ["extensions"],
  ["function-bodies", /function declared looks names up/],
  ["function-loop", /function watch_all reads the catalog by information_schema/],
  ["function-schema-argument", /function count_of/],
  ["hostile-names"],
  ["matview-behind", /rows total differs/],
  ["moved-between-schemas"],
  ["operators"],
  ["partitions"],
  ["public-gone", /public can't be renamed/],
  ["public-made-anew"],
  ["qualified-by-kit"],
  ["rows-name-objects"],
  ["seed-rows"],
  ["settings"],
  ["switched-off-keys", /does not replay: insert or update on table "children" violates foreign key/],
  ["table-called-public", /function count_public says public\.public/],
  ["trigger-names-object", /trigger pages_search says "public\.words" to tsvector_update_trigger\(\)/],
  ["triggers"],
  ["types"],
  ["views"],
];

const readSide = async (session: Session, schema: string): Promise<Side> => ({
  references: await readDependencies(session, schema),
  objects: await readCatalog(session, { schema }),
});

/** Why the sample needs a database; undefined where its first unit is there, and still like its origin under its own name. */
async function reasonFor(form: string, { session, target }: OwnDatabase): Promise<string | undefined> {
  const migrating = await openSession(target, { search_path: '"$user", public', row_security: "on" });
  try {
    const prepare = join(formFolder(form), "prepare.sql");
    if (existsSync(prepare)) await migrating.script(readFileSync(prepare, "utf8"));
    await runMigrations(migrating, await readMigrations(formFolder(form)), "in one transaction", 60_000);
    const why = await movePublic(session, ORIGIN);
    if (why) return why;
    const dump = await dumpSchema(target, ORIGIN);
    const [{ own }, { members }] = [await readObjectNames(session, ORIGIN), await readObjectNames(session, "public")];
    const order = await readCreationOrder(session, ORIGIN);
    const replay = replayOf(dump, { origin: ORIGIN, own, members, owner: target.user, order });
    if ("doubt" in replay) return replay.doubt;
    const read = () => readSide(migrating, ORIGIN);
    const wanted = read();
    const difference = await tryReplay(session, {
      origin: ORIGIN,
      members,
      replay,
      wanted,
      read,
      firstUnit: "it_first",
    });
    if (difference) return difference;
    const told = ({ kind, name }: CatalogObject): string => `${kind} ${name.replaceAll("it_first", ORIGIN)}`;
    const first = (await readCatalog(session, { schema: "it_first" })).map(told).sort();
    expect(first).toEqual((await wanted).objects.map(told).sort());
    expect(await readSide(session, ORIGIN)).toEqual(await wanted);
    return undefined;
  } finally {
    await migrating.close();
  }
}

describe("a replay of a sample", () => {
  it.each(SAMPLES)("is equal, or a reason for a database: %s", async (form, reason?) => {
    const database = await openOwnDatabase(`with_test_db_sample_${process.pid}`);
    try {
      const found = await reasonFor(form, database);
      if (reason) expect(found).toMatch(reason);
      else expect(found).toBeUndefined();
    } finally {
      await database.drop();
    }
  });
});
