/** A key for a cache of exported homes. No server is asked. */
import { readFileSync } from "node:fs";
import { TestDbError, wordsOf } from "../../errors.ts";
import { cacheKey, recipeKeyOf } from "../../migrations/fingerprint.ts";
import type { Migrations } from "../../migrations/read-migrations.ts";
import { resolveBinaries } from "../../server/binaries.ts";
import type { Target } from "../../target/target.ts";

/** What decides what homes hold, beside the migrations. */
export interface KeyParts {
  /** Files that make `prepare` and `seed`: their content counts. */
  readonly files?: readonly string[];
  /** The server that is named; without one, it is the embedded one. */
  readonly target?: Target | undefined;
}

/**
 * Changes with the migrations, the version of drizzle-orm, the files, how homes are made, and the server: the version of the embedded one,
 * or the role and the database that are named.
 *
 * @throws TestDbError `OPTION_INVALID`, `EMBEDDED_NOT_INSTALLED`
 */
export function homeKey(migrations: Migrations, { files = [], target }: KeyParts = {}): string {
  const server = target ? JSON.stringify([target.user, target.database]) : resolveBinaries().version;
  return cacheKey(recipeKeyOf(migrations), server, files.map(contentOf));
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The file ${file} of --also cannot be read`,
      why: wordsOf(cause),
      cause,
    });
  }
}
