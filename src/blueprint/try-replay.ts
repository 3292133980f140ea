/** A unit on trial: made from a new replay, compared with its blueprint, and measured. If it is equal, it is the pool's first. */
import { readCatalog } from "../catalog/read-catalog.ts";
import { readDependencies } from "../catalog/read-dependencies.ts";
import { blueprintLock } from "../connections/advisory-lock.ts";
import { openSession, type Session } from "../connections/session.ts";
import { unitName } from "../options.ts";
import { remedyFor } from "../sql/failure.ts";
import { isConnectionLost, postgresError, postgresWords, unlessLost } from "../sql/sqlstate.ts";
import { describeDifferences } from "./old/proof/describe-differences.ts";
import { differencesBetween, type Side } from "./old/proof/differences-between.ts";
import type { Retargeting } from "./old/retarget/retargeting.ts";
import { unheard } from "./reading.ts";
import { partsOf, type ReplayParts } from "./replay-parts.ts";

/** What units are made from. */
export interface Replay {
  /** The name that stands for a unit's in it. */
  readonly marker: string;
  readonly sql: string;
  readonly extensionSchemas: readonly string[];
}

/**
 * Tries a replay, and records what came of it. Whoever calls has the blueprint's lock.
 *
 * @param wanted - the blueprint, which is being read
 */
export async function tryReplay(
  session: Session,
  fingerprint: string,
  replay: Replay,
  retargeting: Retargeting,
  wanted: Promise<Side>,
): Promise<void> {
  const names: Retargeting = { ...retargeting, to: unitName("trial") };
  const making = unheard(makeTrial(session, fingerprint, replay, names.to));
  const opening = unheard(openSession(session.target, {}, { reconnects: false }));
  try {
    const parts = partsOf(replay.sql, replay.marker);
    const refused = await making;
    if (refused) return await recordObstacles(session, fingerprint, [`its snapshot does not replay: ${refused}`]);
    await judge(session, await opening, fingerprint, parts, names, wanted);
  } finally {
    await opening.then((other) => other.close()).catch(() => {});
  }
}

/** Makes the unit, as any will be made. Returns why not, in Postgres' words. */
async function makeTrial(
  session: Session,
  fingerprint: string,
  { marker, sql, extensionSchemas }: Replay,
  schemaName: string,
): Promise<string | undefined> {
  try {
    // postgres.js sends the second without waiting for the first
    await Promise.all([
      session.rows(
        `update with_test_db.blueprint
            set marker = $2::text, replay = $3::text,
                extension_schemas = array(select jsonb_array_elements_text($4::text::jsonb))
          where fingerprint = $1::text`,
        [fingerprint, marker, sql, JSON.stringify(extensionSchemas)],
      ),
      session.rows("select with_test_db.create_unit($1::text, $2::text, $3::int)", [
        schemaName,
        fingerprint,
        blueprintLock(fingerprint), // which is held while it is tried
      ]),
    ]);
    return undefined;
  } catch (error) {
    const refused = postgresError(error);
    // what a server lacks today is not to be remembered of the migrations
    if (!refused || isConnectionLost(error) || remedyFor(error)) throw error;
    return postgresWords(refused);
  }
}

/** Compares the unit and takes its measure, on two sessions at the same time. One that is not the pool's is dropped. */
async function judge(
  session: Session,
  other: Session,
  fingerprint: string,
  parts: ReplayParts,
  names: Retargeting,
  wanted: Promise<Side>,
): Promise<void> {
  const { to: schema } = names;
  const references = unheard(readDependencies(other, schema));
  const measuring = unheard(references.then(() => (parts.canBeRenamed ? measure(other, schema) : undefined)));
  let isFirst = false;
  try {
    const unit = { objects: await readCatalog(session, { schema }), references: await references };
    const blueprint = await wanted;
    await session.script("begin");
    const differences = await differencesBetween(blueprint, unit, session, names).finally(() =>
      session.script("rollback"),
    );
    if (differences.length > 0) {
      const told = describeDifferences(differences);
      return await recordObstacles(session, fingerprint, [`a schema made from it is not equal: ${told}`]);
    }
    const pristine = await measuring;
    if (pristine === undefined) return await recordObstacles(session, fingerprint, []);
    await session.rows(
      `with first as (
         update with_test_db.unit set state = 'free', freed_at = now(), holder = 0 where name = $2::text
       )
       update with_test_db.blueprint
          set checked = true, obstacles = '{}', pristine = $3::text::jsonb, seeds = $4::text::jsonb, bound_functions = $5::text
        where fingerprint = $1::text`,
      [fingerprint, schema, pristine, JSON.stringify(parts.seeds), parts.boundFunctions],
    );
    isFirst = true;
  } finally {
    // whoever is still in it would be in the way
    await measuring.catch(() => {});
    if (!isFirst) await unlessLost(session.rows("select with_test_db.drop_unit($1::text)", [schema]));
  }
}

/** What a pristine unit is, as JSON; undefined where none can be kept for another user. */
async function measure(session: Session, schema: string): Promise<string | undefined> {
  const [row] = await session.rows<{ pristine: string | null }>(
    "select with_test_db.measure_unit($1::text)::text as pristine",
    [schema],
  );
  return row?.pristine ?? undefined;
}

/** Records that it was tried, and why a schema can't hold what the blueprint holds; nothing speaks against it otherwise. */
export async function recordObstacles(
  session: Session,
  fingerprint: string,
  obstacles: readonly string[],
): Promise<void> {
  await session.rows(
    `update with_test_db.blueprint
        set checked = true, obstacles = array(select jsonb_array_elements_text($2::text::jsonb))
      where fingerprint = $1::text`,
    [fingerprint, JSON.stringify(obstacles)],
  );
}
