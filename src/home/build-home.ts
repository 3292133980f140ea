/**
 * Builds a home: a database of our own in which the project's migrations ran once, verbatim, and in which its units live. What
 * the migrations made outside of `public` is known afterwards, by comparing the whole catalog from before and after; where
 * that is anything, the database becomes a template, and units are copies of it.
 */
import { readCatalog } from "../catalog/read-catalog.ts";
import { readDependencies } from "../catalog/read-dependencies.ts";
import { openSession, type Session } from "../connections/session.ts";
import {
  createEmptyDatabase,
  dropDatabase,
  findDatabase,
  type MadeFor,
  marking,
  renameDatabase,
} from "../control/databases.ts";
import type { Driver } from "../drivers/driver.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { assertLeavesAlone, nextReplay, type Replay, runMigrations } from "../migrations/run-migrations.ts";
import { noticeOnce } from "../notice.ts";
import type { Steps } from "../options.ts";
import { ident } from "../sql/identifiers.ts";
import { postgresError, unlessLost } from "../sql/sqlstate.ts";
import { describeTarget, onDatabase, type Target } from "../target/target.ts";
import { measureDatabase } from "../unit/measure-database.ts";
import { startPgDump } from "./dump/pg-dump.ts";
import { extensionsToMirror, mirrorExtensions } from "./extensions.ts";
import { makeOrigin } from "./make-origin.ts";
import { inCommon, reachOf } from "./reach.ts";
import { unheard } from "./reading.ts";
import { type Home, recordDatabases, recordReplay, recordTemplate } from "./record-home.ts";
import { applyStep, MIGRATION_SETTINGS } from "./steps.ts";

/** What a home is built from, as the project says it. */
export interface Recipe<Context> {
  readonly migrations: Migrations;
  readonly prepare: Steps<Context> | undefined;
  readonly seed: Steps<Context> | undefined;
  readonly driver: Driver<Context>;
}

/** A home that is wanted. */
export interface HomeRequest<Context> {
  /** The database that was named. It is read, and never written. */
  readonly target: Target;
  /** The name of the home. */
  readonly name: string;
  readonly madeFor: MadeFor;
  readonly recipe: Recipe<Context>;
  readonly isolation: "auto" | "schema" | "database";
  /** How long to wait for a connection, or for another process that builds the home, in milliseconds. */
  readonly deadline: number;
}

/** The name of the database of which units are copies. */
export const templateName = (home: string): string => home.replace("home", "template");

/**
 * Builds the home, or what it lacks. No other process may be at it meanwhile.
 *
 * @param session - in the database that was named
 */
export async function buildHome<Context>(
  session: Session,
  request: HomeRequest<Context>,
  lacks: Home["lacks"] | "all",
): Promise<void> {
  const { name, target, isolation } = request;
  assertLeavesAlone(request.recipe.migrations, target.database);
  const template = templateName(name);
  await clearDatabase(session, template);
  if (lacks === "template") {
    const { reader } = await fill(session, template, request);
    const pristine = await measureDatabase(reader).finally(() => reader.close());
    return recordTemplate(onDatabase(target, name), template, pristine);
  }
  if (lacks === "replay") {
    const renewed = `${name}_renewed`;
    await buildHome(session, { ...request, name: renewed }, "all");
    await recordReplay(onDatabase(target, name), onDatabase(target, renewed));
    return dropDatabase(session, renewed);
  }
  await clearDatabase(session, name);
  const pgDump = isolation === "database" ? undefined : startPgDump(request.deadline);
  try {
    let { reasons, reader } = await fill(session, name, request);
    if (pgDump && reasons.length === 0) {
      const reason = await makeOrigin(reader, pgDump, request).finally(() => reader.close());
      if (reason === undefined) return;
      // what was moved is not moved back: a template has to be just what the migrations made
      await dropDatabase(session, name);
      reader = (await fill(session, name, request)).reader;
      reasons = [reason];
    }
    await becomeTemplate(session, request, reader, reasons);
  } catch (error) {
    await unlessLost(dropDatabase(session, name));
    throw error;
  } finally {
    void pgDump?.discard();
  }
}

/** Renames what was filled, and puts a home with nothing but records in its place. The reader is closed. */
export async function becomeTemplate(
  session: Session,
  { name, madeFor }: Pick<HomeRequest<unknown>, "name" | "madeFor">,
  reader: Session,
  reasons: readonly string[],
): Promise<void> {
  const template = templateName(name);
  const measured = async (): Promise<string> => {
    const pristine = await measureDatabase(reader);
    // a sweep takes what is old, not whole, and has nobody in it
    await session.script(marking(name, { what: "building", home: name, ...madeFor }));
    return pristine;
  };
  const pristine = await measured().finally(() => reader.close());
  await renameDatabase(session, name, template, { what: "template", home: name, ...madeFor });
  await createEmptyDatabase(session, name, { what: "building", home: name, ...madeFor });
  await recordDatabases(onDatabase(session.target, name), madeFor, reasons, template, pristine);
}

/** Makes room for what is built: a builder that died may have left something. Nobody else has that name, which is a digest. */
export async function clearDatabase(session: Session, name: string): Promise<void> {
  const found = await findDatabase(session, name);
  if (found === "ours") return dropDatabase(session, name);
  if (found === undefined) return;
  throw new TestDbError("HOME_FAILED", {
    what: `The database ${name} on ${describeTarget(session.target)} is in the way, and is not known to be ours`,
    why: "it belongs to another role, or bears a comment that is not our mark",
    next: `drop database ${ident(name)}; if nobody needs it`,
  });
}

/**
 * A database that was filled: why a schema could not hold what is in it, and the only connection that is left. Whatever comes
 * next has to close that, also where it fails: a process does not end before.
 */
interface Filled {
  readonly reasons: readonly string[];
  readonly reader: Session;
}

async function fill<Context>(session: Session, name: string, request: HomeRequest<Context>): Promise<Filled> {
  const { name: home, madeFor, recipe } = request;
  let replay: Replay = "in one transaction";
  for (;;) {
    await createEmptyDatabase(session, name, { what: name === home ? "building" : "template", home, ...madeFor });
    try {
      return await migrateInto(session, name, request, replay);
    } catch (error) {
      await unlessLost(dropDatabase(session, name));
      const next = nextReplay(error, replay, recipe.migrations);
      if (!next) throw error;
      noticeOnce(
        `${recipe.migrations.folder} does not replay ${replay} (${wordsOf(postgresError(error))}); trying it ${next}`,
      );
      replay = next;
    }
  }
}

async function migrateInto<Context>(
  session: Session,
  name: string,
  { recipe, deadline }: HomeRequest<Context>,
  replay: Replay,
): Promise<Filled> {
  const target = onDatabase(session.target, name);
  const own = await openSession(target, MIGRATION_SETTINGS, { reconnects: false, deadline });
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
    const dependencies = await readDependencies(reader, "public");
    const { outside, roles } = reachOf(
      before,
      await readCatalog(reader, { outside: "public" }),
      dependencies,
      recipe.migrations,
    );
    for (const role of roles) noticeOnce(`the migrations ${role}: roles belong to the whole server, not to a unit`);
    return { reasons: [...outside, ...inCommon(before)], reader };
  } catch (error) {
    await opening?.then((reader) => reader.close()).catch(() => {});
    throw error;
  } finally {
    await own.close();
  }
}
