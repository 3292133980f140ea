/**
 * Makes what a blueprint lacks: its database, and the replay that units are made from. As much as can be
 * is under way at the same time: pg_dump loads while the migrations run, and dumps while the catalog is read.
 */
import { openSession, type Session } from "../connections/session.ts";
import { unlessLost } from "../sql/sqlstate.ts";
import { onDatabase } from "../target/target.ts";
import { type Build, buildBlueprint, type Filled } from "./build-blueprint.ts";
import { type PgDump, startPgDump } from "./dump/pg-dump.ts";
import { type Blueprint, findBlueprint, type Wanted } from "./find-blueprint.ts";
import { beginReading, type Reading } from "./reading.ts";
import { prepareReplay } from "./replay.ts";

/** A blueprint to build or to complete. */
export interface Completion<Context> extends Build<Context>, Wanted {
  /** What there is of it. */
  readonly found: Blueprint | undefined;
}

/**
 * Builds the blueprint if it was not found, and prepares its replay where units that are schemas are wanted. No other
 * process may be at it meanwhile.
 *
 * @returns undefined where it was dropped meanwhile
 */
export async function completeBlueprint<Context>(
  session: Session,
  { found, schema, ...build }: Completion<Context>,
): Promise<Blueprint | undefined> {
  const { fingerprint, deadline } = build;
  const pgDump = schema ? startPgDump(deadline) : undefined;
  let reader: Session | undefined;
  try {
    let reading: Reading | undefined;
    if (!found) ({ reader, reading } = await buildAndRecord(session, build, pgDump));
    const blueprint = found ?? (await findBlueprint(session, fingerprint));
    if (!blueprint || blueprint.obstacles || !pgDump) return blueprint;

    reader ??= await openSession(
      onDatabase(session.target, blueprint.databaseName),
      {},
      { reconnects: false, deadline },
    );
    reading ??= beginReading(reader, "public", pgDump);
    await prepareReplay(session, blueprint, reading);
    return await findBlueprint(session, fingerprint);
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

async function buildAndRecord<Context>(
  session: Session,
  build: Build<Context>,
  pgDump: PgDump | undefined,
): Promise<Filled> {
  const { fingerprint } = build;
  const [target] = await session.rows<{ oid: number }>(
    "select oid from pg_database where datname = current_database()",
  );
  // the same migrations tested from two databases of a server are two blueprints: their records live apart
  const name = `it_blueprint_${target?.oid}_${fingerprint}`;
  await recordBuilding(session, fingerprint, name);
  let filled: Filled | undefined;
  try {
    filled = await buildBlueprint(session, name, build, pgDump);
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
