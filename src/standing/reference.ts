/**
 * What the migrations make, to make a standing database from, and to compare one with: the template of a home, of which every
 * copy has the same rows, also where the migrations put random values or the time into them.
 */
import type { AtEnd } from "../at-end.ts";
import { inSession, type Session } from "../connections/session.ts";
import { cloneDatabase, dropDatabase } from "../control/databases.ts";
import { postgresJs } from "../drivers/postgres-js.ts";
import { TestDbError } from "../errors.ts";
import { ensureHome } from "../home/ensure-home.ts";
import { databaseKey, folderKey, homeName, recipeKeyOf } from "../migrations/fingerprint.ts";
import { unitName } from "../options.ts";
import { onDatabase, type Target } from "../target/target.ts";
import { PATIENCE, type Project } from "./standing.ts";

export interface Reference {
  readonly home: string;
  readonly template: string;
}

/** The template, which is made where it is not there. */
export async function ensureReference(project: Project): Promise<Reference> {
  const { target, migrations, prepare, seed } = project;
  const home = homeName(recipeKeyOf(migrations, { prepare, seed }), target, "database");
  const madeFor = { folder: homesKey(project), beside: databaseKey(target) };
  const recipe = { migrations, prepare, seed, driver: postgresJs({}) };
  for (let attempt = 1; attempt <= 2; attempt++) {
    await ensureHome({ target, name: home, madeFor, recipe, isolation: "database", deadline: PATIENCE });
    const [found] = await inSession(onDatabase(target, home), ({ rows }) =>
      rows<{ template: string }>("update with_test_db.home set used_at = now() returning template"),
    );
    if (found?.template) return { home, template: found.template };
  }
  throw new TestDbError("HOME_FAILED", { what: `The home ${home} was changed meanwhile`, next: "run it again" });
}

/** A key of their own: the homes of a folder, of which the last few stay, are those of its tests. */
const homesKey = ({ migrations, target, name }: Project): string =>
  folderKey({ folder: `${migrations.folder}\0${name}` }, target);

/** Does something with a copy of the template, which is dropped afterwards. */
export async function withReference<T>(
  session: Session,
  project: Project,
  atEnd: AtEnd,
  work: (reference: Target) => Promise<T>,
): Promise<T> {
  const { target } = project;
  const { home, template } = await ensureReference(project);
  const name = unitName("reference");
  // a sweep takes what is being built and has nobody in it, once it is old
  const making = cloneDatabase(session, name, template, { what: "building", home, folder: "", beside: "" });
  // a copy that is being made can be dropped only afterwards
  atEnd(() => making.catch(() => {}).then(() => inSession(target, (other) => dropDatabase(other, name))));
  try {
    await making;
    return await work(onDatabase(target, name));
  } finally {
    await dropDatabase(session, name);
  }
}
