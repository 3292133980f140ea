/**
 * Makes what a blueprint lacks: its database or its schema, and the replay that units are made from. As much as can be
 * is under way at the same time: pg_dump loads while the migrations run, and dumps while the catalog is read.
 */

import { openSession, type Session } from "../connections/session.ts";
import { unitName } from "../options.ts";
import { ident } from "../sql/identifiers.ts";
import { unlessLost } from "../sql/sqlstate.ts";
import { onDatabase } from "../target/target.ts";
import { buildBlueprint, type Filled, type Recipe } from "./build-blueprint.ts";
import { type PgDump, startPgDump } from "./dump/pg-dump.ts";
import { type Blueprint, findBlueprint } from "./find-blueprint.ts";
import { beginReading, type Reading } from "./reading.ts";
import { prepareReplay, prepareReplayInPlace } from "./replay.ts";

/** Where the migrations run: in a private database, or, of a user who may not make one, in a schema of the target. */
export type Place = "database" | "schema";

/**
 * Builds the blueprint if it was not `found`, and prepares its replay where units that are schemas are wanted. Nobody
 * else may be at it meanwhile.
 *
 * @returns undefined where somebody dropped it meanwhile
 */
export async function completeBlueprint<Context>(
  session: Session,
  recipe: Recipe<Context>,
  found: Blueprint | undefined,
  wanted: { readonly schema: boolean },
  place: Place,
): Promise<Blueprint | undefined> {
  const pgDump = wanted.schema ? startPgDump() : undefined;
  let reader: Session | undefined;
  try {
    let reading: Reading | undefined;
    if (!found && place === "database") ({ reader, reading } = await build(session, recipe, pgDump));
    else if (!found) await buildInSchema(session, recipe);
    const blueprint = found ?? (await findBlueprint(session, recipe.fingerprint));
    if (!blueprint || blueprint.obstacles || !pgDump) return blueprint;

    const { databaseName, inPlace } = blueprint;
    reader ??= await openSession(
      inPlace ? session.target : onDatabase(session.target, databaseName),
      {},
      { reconnects: false },
    );
    reading ??= beginReading(reader, inPlace ? databaseName : "public", pgDump);
    await (inPlace ? prepareReplayInPlace : prepareReplay)(session, blueprint, reading);
    return await findBlueprint(session, recipe.fingerprint);
  } finally {
    void pgDump?.discard();
    await reader?.close();
  }
}

/** Says that a blueprint is being built, under the name that it will have. */
const recordBuilding = (session: Session, fingerprint: string, name: string): Promise<unknown> =>
  session.rows(
    `insert into with_test_db.blueprint (fingerprint, database_name, state) values ($1::text, $2::text, 'building')
     on conflict (fingerprint) do update set database_name = excluded.database_name, state = 'building', checked = false,
       obstacles = '{}', marker = null, replay = null, extension_schemas = '{}', pristine = null, seeds = '[]',
       bound_functions = '', created_at = now()`,
    [fingerprint, name],
  );

/** Not where the lock is gone, which is why the build failed: the record may be somebody else's by now. */
const forget = (session: Session, fingerprint: string): Promise<unknown> =>
  unlessLost(session.rows("delete from with_test_db.blueprint where fingerprint = $1::text", [fingerprint]));

async function build<Context>(session: Session, recipe: Recipe<Context>, pgDump: PgDump | undefined): Promise<Filled> {
  const { fingerprint } = recipe;
  const [target] = await session.rows<{ oid: number }>(
    "select oid from pg_database where datname = current_database()",
  );
  // the same migrations tested from two databases of a server are two blueprints: their records live apart
  const name = `it_blueprint_${target?.oid}_${fingerprint}`;
  await recordBuilding(session, fingerprint, name);
  let filled: Filled | undefined;
  try {
    filled = await buildBlueprint(session, name, recipe, pgDump);
    await session.rows(
      `update with_test_db.blueprint
          set state = 'ready', checked = $2::text <> '[]', obstacles = array(select jsonb_array_elements_text($2::text::jsonb))
        where fingerprint = $1::text`,
      [fingerprint, JSON.stringify(filled.outside)],
    );
    return filled;
  } catch (error) {
    await filled?.reader.close();
    await forget(session, fingerprint);
    throw error;
  }
}

async function buildInSchema<Context>(session: Session, recipe: Recipe<Context>): Promise<void> {
  const { fingerprint } = recipe;
  // only a record proves that a half-built one is ours; the next gets another name
  const [half] = await session.rows<{ name: string }>(
    `select n.nspname as name from with_test_db.blueprint b join pg_namespace n on n.nspname = b.database_name
      where b.fingerprint = $1::text`,
    [fingerprint],
  );
  if (half) await session.script(`drop schema ${ident(half.name)} cascade`);
  const name = unitName("blueprint");
  await recordBuilding(session, fingerprint, name);
  try {
    const { buildInPlace } = await import("./in-place.ts");
    const extensionSchemas = await buildInPlace(session, name, recipe);
    await session.rows(
      `update with_test_db.blueprint
          set state = 'ready', extension_schemas = array(select jsonb_array_elements_text($2::text::jsonb))
        where fingerprint = $1::text`,
      [fingerprint, JSON.stringify(extensionSchemas)],
    );
  } catch (error) {
    await forget(session, fingerprint);
    throw error;
  }
}
