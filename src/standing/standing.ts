/** A standing database: somebody gave it a name, this library made it, and it stays until somebody drops it. */
import { holdLock, standingLock } from "../connections/advisory-lock.ts";
import { IMPATIENT } from "../connections/pinned-settings.ts";
import { inSession, type Session } from "../connections/session.ts";
import { type Mark, STANDING_DATABASES } from "../control/databases.ts";
import { TestDbError } from "../errors.ts";
import { databaseKey, folderKey, stepsKeyOf } from "../migrations/fingerprint.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { ident, shellWord } from "../sql/identifiers.ts";
import { describeTarget, onDatabase, type Target } from "../target/target.ts";
import { now, sleep } from "../timers.ts";
import { assertName } from "./standing-name.ts";

/** What a standing database is called, and where. */
export interface Place {
  /** The database that was named: of the same server, and never written. */
  readonly target: Target;
  readonly name: string;
}

/** What is to be in it. */
export interface Project extends Place {
  readonly migrations: Migrations;
  /** SQL files that run before the migrations. */
  readonly prepare?: readonly string[] | undefined;
  /** Files of SQL, CSV or JSON, of what comes after them. */
  readonly seed?: readonly string[] | undefined;
}

/** What is there. */
export interface Standing {
  readonly state: "whole" | "unfinished";
  /** The key of the migrations folder that it was made for. */
  readonly folder: string;
  /** The key of what went into it beside the migrations. */
  readonly steps: string;
}

/** How long anything may take, in milliseconds: somebody waits for it, and can end it. */
export const PATIENCE = 3_600_000;
const LOOK_AGAIN_AFTER = 100;

/** Looks at a standing database. The session is in the database that was named. */
export async function inPlace<T>({ target, name }: Place, work: (session: Session) => Promise<T>): Promise<T> {
  assertName(name, target);
  return inSession(target, work, IMPATIENT);
}

/** Does something with a standing database while no other process does. */
export const withPlace = <T>(place: Place, work: (session: Session) => Promise<T>): Promise<T> =>
  inPlace(place, async (session) => {
    const isOurs = (): Promise<boolean> => holdLock(session, standingLock(place.name));
    for (const began = now(); !(await isOurs()); await sleep(LOOK_AGAIN_AFTER))
      if (now() - began > PATIENCE) throw busyElsewhere(place);
    return work(session);
  });

const busyElsewhere = ({ name }: Place): TestDbError =>
  new TestDbError("UNIT_FAILED", {
    what: `Nothing was done with ${name}`,
    why: `another process has been busy with it for ${PATIENCE / 60_000} minutes`,
    next: "end that process, and run it again",
  });

/** @throws TestDbError `TARGET_REFUSED` where it is somebody else's */
export async function findStanding(session: Session, name: string): Promise<Standing | undefined> {
  const [found] = await session.rows<{ ours: boolean; what: string; folder: string; steps: string; whole: boolean }>(
    `select o.name is not null as ours, o.what = 'standing' and d.datconnlimit <> -2 as whole,
            coalesce(o.folder, '') as folder, coalesce(o.steps, '') as steps
       from pg_database d left join (${STANDING_DATABASES}) as o on o.oid = d.oid where d.datname = $1::text`,
    [name],
  );
  if (!found) return undefined;
  if (!found.ours) throw notOurs({ target: session.target, name });
  return { state: found.whole ? "whole" : "unfinished", folder: found.folder, steps: found.steps };
}

/** @throws TestDbError `TARGET_INVALID` where there is none, or none that is whole; `TARGET_REFUSED` */
export async function requireStanding(session: Session, project: Place & Partial<Project>): Promise<Standing> {
  const { name, target } = project;
  const standing = await findStanding(session, name);
  if (standing?.state === "whole") {
    if (project.migrations) assertMadeFor(standing, project as Project);
    return standing;
  }
  throw new TestDbError("TARGET_INVALID", {
    what: `There is no standing database ${describeTarget(onDatabase(target, name))}`,
    why: standing && "one was begun, and not finished",
    next: `npx with-test-db database setup${nameFlag(project)}`,
  });
}

/** @throws TestDbError `TARGET_REFUSED` where it was made for other migrations */
export function assertMadeFor(standing: Standing, project: Project): void {
  if (standing.state === "unfinished" || standing.folder === madeFor(project).folder) return;
  const { target, name, migrations } = project;
  throw new TestDbError("TARGET_REFUSED", {
    what: `${describeTarget(onDatabase(target, name))} was not touched`,
    why: `it was made for another migrations folder than ${migrations.folder}; it may be another project's`,
    next: `--name another_test; or, if nobody needs it: npx with-test-db database drop${nameFlag(project)}`,
  });
}

/** @throws TestDbError `OPTION_INVALID` where it was made with other files than those that are named now */
export function assertSameSteps(standing: Standing, project: Project): void {
  if (standing.steps === stepsKeyOf(project)) return;
  throw new TestDbError("OPTION_INVALID", {
    what: `${project.name} was made with other files of --prepare and --seed`,
    why: "they were not named, were others, or have changed; what they make is part of what the database should be",
    next: `name the same files, or make it anew: npx with-test-db database reset${nameFlag(project)}`,
  });
}

export const markFor = (project: Project, what: "standing" | "unfinished"): Mark => ({
  what,
  home: "",
  ...madeFor(project),
  steps: stepsKeyOf(project),
});

const madeFor = ({ migrations, target }: Project): Pick<Mark, "folder" | "beside"> => ({
  folder: folderKey(migrations, target),
  beside: databaseKey(target),
});

/** What a line to paste needs to name the database again. */
export const nameFlag = ({ name }: Pick<Place, "name">): string => ` --name ${shellWord(name)}`;

const notOurs = ({ target, name }: Place): TestDbError =>
  new TestDbError("TARGET_REFUSED", {
    what: `The database ${describeTarget(onDatabase(target, name))} was not touched`,
    why: "it was not made by with-test-db database: it belongs to another role, or bears no mark of its own, as a copy does",
    next: `--name another_test; or drop database ${ident(name)}, if nobody needs it`,
  });
