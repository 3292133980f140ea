/** What units would be, schemas or databases, and why: as the home of these migrations has it written down. */
import { openSession, type Session } from "../connections/session.ts";
import { DEADLINE } from "../connections/waiting.ts";
import { readOurDatabases } from "../janitor/homes.ts";
import { databaseKey, folderKey, homeName, recipeKeyOf } from "../migrations/fingerprint.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { onDatabase } from "../target/target.ts";
import { type Finding, note, ok } from "./finding.ts";

const SHOWN = 8;

interface Recorded {
  readonly isolation: "schema" | "database";
  readonly reasons: readonly string[];
}

/** @param session - in the database that was named */
export async function checkIsolation(session: Session, migrations: Migrations): Promise<Finding[]> {
  const { target } = session;
  const name = homeName(recipeKeyOf(migrations), target, "auto");
  const folder = folderKey(migrations, target);
  const homes = (await readOurDatabases(session))
    .filter((each) => each.what === "home" && each.folder === folder)
    .sort((a, b) => a.age - b.age);
  const own = homes.find((home) => home.name === name);
  // options such as prepare and seed are part of a home's fingerprint, and are in the tests
  const home = own ?? homes[0];
  const recorded = home && (await readRecorded(session, home.name));
  if (!recorded)
    return [
      note("Whether units are schemas or databases is not known yet: no suite has run with these migrations", {
        next: "npx with-test-db doctor --build",
      }),
    ];
  const of = own
    ? ""
    : ", by the youngest home of this folder, which is another one: of other migrations, other options such as seed, or another version";
  const { isolation, reasons } = recorded;
  if (isolation === "schema")
    return [ok(`auto chooses schemas${of}`, { why: "a schema holds exactly what the migrations make" })];
  const more = reasons.length > SHOWN ? [`and ${reasons.length - SHOWN} more`] : [];
  return [ok(`auto chooses databases${of}`, { why: [...reasons.slice(0, SHOWN), ...more].join("\n") || undefined })];
}

/** Undefined where it is being built, or is gone. */
async function readRecorded({ target }: Session, home: string): Promise<Recorded | undefined> {
  let session: Session | undefined;
  try {
    session = await openSession(onDatabase(target, home), {}, { reconnects: false, deadline: 0 });
    const [row] = await session.rows<Recorded & Record<string, unknown>>(
      "select isolation, to_jsonb(reasons) as reasons from with_test_db.home",
    );
    return row;
  } catch {
    return undefined;
  } finally {
    await session?.close();
  }
}

/**
 * Builds the home of these migrations, where it is not there: the same that a suite without `prepare` and `seed` takes its units of.
 *
 * @throws TestDbError as `withTestDb()`
 */
export async function buildHomeOf({ target }: Session, migrations: Migrations): Promise<void> {
  const { ensureHome } = await import("../home/ensure-home.ts");
  const { postgresJs } = await import("../drivers/postgres-js.ts");
  await ensureHome({
    target,
    name: homeName(recipeKeyOf(migrations), target, "auto"),
    madeFor: { folder: folderKey(migrations, target), beside: databaseKey(target) },
    recipe: { migrations, prepare: undefined, seed: undefined, driver: postgresJs({}) },
    isolation: "auto",
    deadline: DEADLINE,
  });
}
