/** What the commands for a standing database have in common: the flags that say which, and what is to be in it. */
import type { Command } from "commander";
import { TestDbError } from "../../errors.ts";
import { readMigrations } from "../../migrations/read-migrations.ts";
import type { Place, Project } from "../../standing/standing.ts";
import { defaultName } from "../../standing/standing-name.ts";
import type { Target } from "../../target/target.ts";
import { findMigrations, type ProjectFlags, projectOptions } from "../project.ts";
import { commandTarget, type ServerFlags } from "../server-command.ts";
import { several } from "../several.ts";

export interface PlaceFlags extends ServerFlags {
  readonly name?: string;
}

export interface StandingFlags extends PlaceFlags, ProjectFlags {
  readonly prepare?: readonly string[];
  readonly seed?: readonly string[];
}

/** Adds a command for the database of that name, whatever is in it. */
export const placeCommand = (database: Command, name: string, options?: { readonly isDefault?: boolean }): Command =>
  database
    .command(name, options)
    .option("--name <database>", "the database (default: the name of the package, and _test)")
    .option("--url <url>", "its server, by another database there (default: TEST_DB_URL)")
    .option("--json", "as JSON");

/** Adds a command that is about what the project's migrations make. */
export const projectCommand = (database: Command, name: string, options?: { readonly isDefault?: boolean }): Command =>
  projectOptions(placeCommand(database, name, options)).option(
    "--prepare <file.sql>",
    "what the migrations expect to find; may be given more than once",
    several,
  );

export const seedOption = (command: Command): Command =>
  command.option(
    "--seed <file>",
    "rows after the migrations, as SQL, CSV or JSON; may be given more than once",
    several,
  );

export const placeOf = async ({ url, name }: PlaceFlags): Promise<Place> => ({
  target: await standingTarget(url),
  name: name ?? defaultName(process.cwd()),
});

export const projectOf = async (flags: StandingFlags): Promise<Project> => ({
  // before the server: what is wrong with the migrations needs none to be said
  migrations: readMigrations(await findMigrations(flags)),
  ...(await placeOf(flags)),
  prepare: flags.prepare,
  seed: flags.seed,
});

/** @throws TestDbError `TARGET_REFUSED` where there is only the embedded server */
async function standingTarget(url: string | undefined): Promise<Target> {
  const isNamed = url !== undefined || Boolean(process.env["TEST_DB_URL"]);
  const target = isNamed ? await commandTarget(url) : undefined;
  if (target && target.origin !== "embedded") return target;
  throw new TestDbError("TARGET_REFUSED", {
    what: "A standing database needs a server that stays, and none is named",
    why: "the embedded server, which is used where none is named, forgets everything once nobody has used it for a while",
    next: "TEST_DB_URL=postgres://postgres@127.0.0.1:5432/postgres npx with-test-db database, with the URL of yours",
  });
}
