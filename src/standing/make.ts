/**
 * Makes and drops standing databases. Until one is whole its mark says so: what was interrupted is made anew, and never gone on with.
 */
import { inSession, type Session } from "../connections/session.ts";
import { cloneDatabase, createEmptyDatabase, dropDatabase, marking } from "../control/databases.ts";
import { postgresJs } from "../drivers/postgres-js.ts";
import { TestDbError } from "../errors.ts";
import { extensionsToMirror, mirrorExtensions } from "../home/extensions.ts";
import { applyStep, MIGRATION_SETTINGS } from "../home/steps.ts";
import { assertLeavesAlone } from "../migrations/run-migrations.ts";
import { describeTarget, onDatabase } from "../target/target.ts";
import { migrateStanding } from "./migrate.ts";
import { ensureReference } from "./reference.ts";
import {
  assertMadeFor,
  assertSameSteps,
  findStanding,
  markFor,
  PATIENCE,
  type Place,
  type Project,
  withPlace,
} from "./standing.ts";

export interface Made {
  /** Whether the database is new. */
  readonly isNew: boolean;
  /** The migrations that ran, or were there already in what it was copied from. */
  readonly ran: readonly string[];
}

/**
 * Makes an empty database, but for the extensions of the named one and what `prepare` makes. False where there is one, and that is
 * no error.
 *
 * @throws TestDbError `TARGET_INVALID` where there is one, `TARGET_REFUSED`, `PREPARE_FAILED`
 */
export const createStanding = (
  project: Project,
  { ifMissing = false }: { readonly ifMissing?: boolean } = {},
): Promise<boolean> =>
  withPlace(project, async (session) => {
    const { name, target, migrations } = project;
    const standing = await findStanding(session, name);
    if (standing) assertMadeFor(standing, project);
    if (standing?.state === "whole") {
      if (ifMissing) return false;
      throw new TestDbError("TARGET_INVALID", {
        what: `${describeTarget(onDatabase(target, name))} is there already`,
        next: "npx with-test-db database reset, which makes it anew; or --if-missing",
      });
    }
    if (standing) await dropDatabase(session, name);
    await createEmptyDatabase(session, name, markFor(project, "unfinished"));
    const extensions = await extensionsToMirror(session, migrations);
    await inSession(
      onDatabase(session.target, name),
      async (own) => {
        await mirrorExtensions(own, extensions);
        await applyStep("prepare", own, project.prepare, postgresJs({}), PATIENCE);
      },
      MIGRATION_SETTINGS,
    );
    await session.script(marking(name, markFor(project, "standing")));
    return true;
  });

/**
 * Makes the database where it is missing, and else runs what is pending.
 *
 * @throws TestDbError as the building of a home; `TARGET_REFUSED`, `OPTION_INVALID`, `MIGRATIONS_INVALID`, `MIGRATION_FAILED`
 */
export const setUpStanding = (project: Project): Promise<Made> =>
  withPlace(project, async (session) => {
    assertLeavesAlone(project.migrations, project.target.database);
    const standing = await findStanding(session, project.name);
    if (standing) assertMadeFor(standing, project);
    if (standing?.state !== "whole") return copyReference(session, project);
    assertSameSteps(standing, project);
    return { isNew: false, ran: await migrateStanding(session, project) };
  });

/** Makes the database anew, with the sessions in the one that is there ended. That stays where the migrations fail. */
export const resetStanding = (project: Project): Promise<Made> =>
  withPlace(project, async (session) => {
    const standing = await findStanding(session, project.name);
    if (standing) assertMadeFor(standing, project);
    return copyReference(session, project);
  });

async function copyReference(session: Session, project: Project): Promise<Made> {
  const { name, migrations } = project;
  const { template } = await ensureReference(project);
  // with a look of its own: building the home may have taken long
  if (await findStanding(session, name)) await dropDatabase(session, name);
  await cloneDatabase(session, name, template, markFor(project, "unfinished"));
  await session.script(marking(name, markFor(project, "standing")));
  return { isNew: true, ran: migrations.list.map(({ tag }) => tag) };
}

/** Drops it, with the sessions in it. False where there is none. */
export const dropStanding = (place: Place): Promise<boolean> =>
  withPlace(place, async (session) => {
    if (!(await findStanding(session, place.name))) return false;
    await dropDatabase(session, place.name);
    return true;
  });
