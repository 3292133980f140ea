/**
 * Builds a blueprint: a private database in which the project's migrations ran once, verbatim. What they made outside of
 * `public` is known afterwards, by comparing the whole catalog from before and after.
 */
import { readCatalog } from "../catalog/read-catalog.ts";
import { readDependencies } from "../catalog/read-dependencies.ts";
import { blueprintLock } from "../connections/advisory-lock.ts";
import { openSession, type Session } from "../connections/session.ts";
import { createEmptyDatabase, dropDatabase, type Mark } from "../control/private-database.ts";
import type { Driver } from "../drivers/driver.ts";
import { wordsOf } from "../errors.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { nextReplay, type Replay, runMigrations } from "../migrations/run-migrations.ts";
import { noticeOnce } from "../notice.ts";
import type { KeyedStep } from "../options.ts";
import { postgresError, unlessLost } from "../sql/sqlstate.ts";
import { onDatabase, type Target } from "../target/target.ts";
import type { PgDump } from "./dump/pg-dump.ts";
import { extensionsToMirror, mirrorExtensions } from "./extensions.ts";
import { reachOf } from "./reach.ts";
import { beginReading, type Reading, unheard } from "./reading.ts";
import { applyStep, STEP_SETTINGS } from "./steps.ts";

/** What a blueprint is built from, as the project says it. */
export interface Recipe<Context> {
  /** Changes with everything below. */
  readonly key: string;
  readonly migrations: Migrations;
  readonly prepare: readonly string[] | KeyedStep<Context> | undefined;
  readonly seed: KeyedStep<Context> | undefined;
  readonly driver: Driver<Context>;
}

/** A blueprint that is wanted. */
export interface BlueprintRequest<Context> {
  readonly target: Target;
  readonly recipe: Recipe<Context>;
  /** Whether units may be schemas: then it has to be known whether a schema can hold what the blueprint holds. */
  readonly schema: boolean;
  /** How long to wait for a connection, or for another process that builds the blueprint, in milliseconds. */
  readonly deadline: number;
}

/** What migrations may count on: what a fresh connection has by default, whatever this server's defaults are. */
const SETTINGS: Readonly<Record<string, string>> = { ...STEP_SETTINGS, row_security: "on" };

/** A blueprint's database that was filled, with what reads it. */
export interface Filled {
  /** Why a schema could not hold what is in it; empty where nothing speaks against it. */
  readonly outside: readonly string[];
  /** The only connection that is left, and what is being read on it where a snapshot is wanted. */
  readonly reader: Session;
  readonly reading: Reading | undefined;
}

/**
 * Builds the database called `name`.
 *
 * @param pgDump - what takes the snapshot; where it is given, it is set to work as soon as there is what to dump
 */
export async function buildBlueprint<Context>(
  session: Session,
  name: string,
  fingerprint: string,
  request: BlueprintRequest<Context>,
  pgDump: PgDump | undefined,
): Promise<Filled> {
  const mark: Mark = {
    what: "blueprint",
    target: session.target.database,
    fingerprint,
    holder: blueprintLock(fingerprint),
  };
  let replay: Replay = "in one transaction";
  for (;;) {
    await dropDatabase(session, name);
    await createEmptyDatabase(session, name, mark);
    try {
      return await fill(session, name, request, replay, pgDump);
    } catch (error) {
      await unlessLost(dropDatabase(session, name));
      const next = nextReplay(error, replay, request.recipe.migrations);
      if (!next) throw error;
      noticeOnce(
        `${request.recipe.migrations.folder} does not replay ${replay} (${wordsOf(postgresError(error))}); trying it ${next}`,
      );
      replay = next;
    }
  }
}

async function fill<Context>(
  session: Session,
  name: string,
  { recipe, deadline }: BlueprintRequest<Context>,
  replay: Replay,
  pgDump: PgDump | undefined,
): Promise<Filled> {
  const target = onDatabase(session.target, name);
  const own = await openSession(target, SETTINGS, { reconnects: false, deadline });
  let opening: Promise<Session> | undefined;
  try {
    await mirrorExtensions(own, await extensionsToMirror(session, recipe.migrations));
    await applyStep("prepare", own, recipe.prepare, recipe.driver, deadline);
    const before = await readCatalog(own, { outside: "public" });
    // whatever role or settings the migrations leave behind in their session, it is read as before
    opening = unheard(openSession(target, {}, { reconnects: false, deadline }));
    await runMigrations(own, recipe.migrations, replay, deadline);
    await applyStep("seed", own, recipe.seed, recipe.driver, deadline);
    const reader = await opening;
    const reading = pgDump && beginReading(reader, pgDump);
    const dependencies = await (reading?.dependencies ?? readDependencies(reader, "public"));
    const { outside, roles } = reachOf(
      before,
      await readCatalog(reader, { outside: "public" }),
      dependencies,
      recipe.migrations,
    );
    for (const role of roles) noticeOnce(`the migrations ${role}: roles belong to the whole server, not to a unit`);
    return { outside, reader, reading };
  } catch (error) {
    await opening?.then((reader) => reader.close()).catch(() => {});
    throw error;
  } finally {
    await own.close();
  }
}
