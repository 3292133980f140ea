/**
 * Makes what a blueprint lacks: its database, and the replay that units are made from. As much as can be
 * is under way at the same time: pg_dump loads while the migrations run, and dumps while the catalog is read.
 */
import { openSession, type Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { unlessLost } from "../sql/sqlstate.ts";
import { onDatabase } from "../target/target.ts";
import { type BlueprintRequest, buildBlueprint, type Filled } from "./build-blueprint.ts";
import { type PgDump, startPgDump } from "./dump/pg-dump.ts";
import { type Blueprint, findBlueprint } from "./find-blueprint.ts";
import { beginReading } from "./reading.ts";
import { prepareReplay } from "./replay.ts";

/**
 * Builds the blueprint if it was not found, and prepares its replay where units that are schemas are wanted. No other
 * process may be at it meanwhile.
 */
export async function completeBlueprint<Context>(
  session: Session,
  fingerprint: string,
  found: Blueprint | undefined,
  request: BlueprintRequest<Context>,
): Promise<Blueprint> {
  const { schema, deadline } = request;
  const pgDump = schema ? startPgDump(deadline) : undefined;
  let filled: Filled | undefined;
  let reader: Session | undefined;
  try {
    if (!found) filled = await buildAndRecord(session, fingerprint, request, pgDump);
    reader = filled?.reader;
    let blueprint = found ?? (await findBlueprint(session, fingerprint));
    if (blueprint && !blueprint.isChecked && pgDump) {
      const target = onDatabase(session.target, blueprint.databaseName);
      reader ??= await openSession(target, {}, { reconnects: false, deadline });
      await prepareReplay(session, fingerprint, filled?.reading ?? beginReading(reader, pgDump));
      blueprint = await findBlueprint(session, fingerprint);
    }
    if (blueprint) return blueprint;
    throw new TestDbError("UNIT_FAILED", {
      what: `The blueprint ${fingerprint} was dropped while it was built`,
      next: "run it again",
    });
  } finally {
    void pgDump?.discard();
    await reader?.close();
  }
}

async function buildAndRecord<Context>(
  session: Session,
  fingerprint: string,
  request: BlueprintRequest<Context>,
  pgDump: PgDump | undefined,
): Promise<Filled> {
  const [target] = await session.rows<{ oid: number }>(
    "select oid from pg_database where datname = current_database()",
  );
  // the same migrations tested from two databases of a server are two blueprints: their records live apart
  const name = `it_blueprint_${target?.oid}_${fingerprint}`;
  await session.rows(
    `insert into with_test_db.blueprint (fingerprint, database_name, state) values ($1::text, $2::text, 'building')
     on conflict (fingerprint) do update set database_name = excluded.database_name, state = 'building', checked = false,
       obstacles = '{}', marker = null, replay = null, extension_schemas = '{}', pristine = null, seeds = '[]',
       bound_functions = '', created_at = now()`,
    [fingerprint, name],
  );
  let filled: Filled | undefined;
  try {
    filled = await buildBlueprint(session, name, fingerprint, request, pgDump);
    await session.rows(
      `update with_test_db.blueprint
          set state = 'ready', checked = $2::text <> '[]', obstacles = array(select jsonb_array_elements_text($2::text::jsonb))
        where fingerprint = $1::text`,
      [fingerprint, JSON.stringify(filled.outside)],
    );
    return filled;
  } catch (error) {
    await filled?.reader.close();
    // not where the lock is gone, which is why the build failed: the record may be somebody else's by now
    await unlessLost(session.rows("delete from with_test_db.blueprint where fingerprint = $1::text", [fingerprint]));
    throw error;
  }
}
