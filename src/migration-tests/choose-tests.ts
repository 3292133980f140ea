/** A test for each migration that is new: which those are, and what each test was told. Nothing is reached before a test runs. */
import { TestDbError } from "../errors.ts";
import { isIntegrationEnabled } from "../guard/flag.ts";
import { newMigrations } from "../migrations/new-migrations.ts";
import { type Migration, type Migrations, readMigrations } from "../migrations/read-migrations.ts";
import type { ResolvedOptions } from "../options.ts";
import { findMigration } from "./find-migration.ts";
import type { OpenedPast } from "./open-past.ts";
import { type MigrationTestParts, runTest } from "./run-test.ts";

/** Which migrations are tested, and how. */
export interface MigrationTestsChoice<Db, Client> {
  /**
   * `"new"`: those that the base branch does not have and, where it has all of them, the last; `"all"`; or those that are named, as
   * by `migrateTo()`. `@default "new"`
   */
  of?: "new" | "all" | readonly string[];
  /** The branch or commit that new migrations are not on. `@default` the pull request's, else `origin/HEAD`, `main` or `master` */
  base?: string;
  /** As in {@link MigrationTestParts}, for every test that doesn't say. */
  rows?: MigrationTestParts<Db, Client>["rows"];
  /** What single tests are told, by the migration's name. A name that no migration has is an error. */
  tests?: Readonly<Record<string, MigrationTestParts<Db, Client>>>;
}

/** A test, to be handed to whatever runs tests. */
export interface MigrationTest {
  /** `0007_split_names` */
  readonly tag: string;
  /** Its path. */
  readonly file: string;
  /**
   * Makes a database as it is before the migration, puts rows into its tables, runs the migration as a deployment would, and asserts
   * that it ran, that no table lost rows, that rows keep constraints that were added `NOT VALID`, and what `after` does.
   *
   * @throws TestDbError `MIGRATION_FAILED`; AssertionError; and what `before` and `after` throw
   */
  run(): Promise<void>;
}

/**
 * @param open - a database at a point of the history
 * @throws TestDbError `MIGRATIONS_NOT_FOUND` where which are new can't be told, or a name is none
 */
export async function chooseTests<Db, Client>(
  { migrationsFolder, flag, deadline }: Pick<ResolvedOptions<never>, "migrationsFolder" | "flag" | "deadline">,
  { of = "new", base, rows, tests = {} }: MigrationTestsChoice<Db, Client>,
  open: (tag: string | null) => Promise<OpenedPast<Db, Client>>,
): Promise<MigrationTest[]> {
  const all = readMigrations(migrationsFolder);
  const told = new Map(Object.entries(tests).map(([name, parts]) => [findMigration(all, name), parts]));
  const chosen = await choose(all, of, base, isIntegrationEnabled(flag));
  return chosen.map(({ tag, file }) => {
    const index = all.list.findIndex((migration) => migration.tag === tag);
    const parts = { ...(rows === undefined ? {} : { rows }), ...told.get(index) };
    const from = all.list[index - 1]?.tag ?? null;
    return { tag, file, run: async () => runTest(await open(from), tag, parts, deadline) };
  });
}

async function choose(
  all: Migrations,
  of: unknown,
  base: string | undefined,
  isOn: boolean,
): Promise<readonly Migration[]> {
  if (of === "all") return all.list;
  if (Array.isArray(of)) return of.map((name: string) => all.list[findMigration(all, name)] as Migration);
  if (of !== "new") {
    throw new TestDbError("OPTION_INVALID", {
      what: `of must be "new", "all" or a list of migrations, and is ${JSON.stringify(of)}`,
    });
  }
  const last = all.list.slice(-1);
  const found = await newMigrations(all, base);
  if (!("why" in found)) return found.list.length > 0 ? found.list : last;
  // a suite that is skipped needs no base
  if (!isOn) return last;
  throw new TestDbError("MIGRATIONS_NOT_FOUND", {
    what: `Which migrations of ${all.folder} are new can't be told`,
    why: found.why,
    next: `${found.next}; or test all of them: migrationTests({ of: "all", … })`,
  });
}
