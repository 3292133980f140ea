/** A unit for a program that knows nothing of units: the program is told by its environment where to connect. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { TestDbError, wordsOf } from "../errors.ts";
import { type TestDb, withTestDb } from "../index.ts";
import type { Isolation } from "../options.ts";

export interface UnitOfRun {
  readonly migrationsFolder: string;
  readonly url?: string | undefined;
  readonly isolation: Isolation;
  /** Whether the unit may be one that was used before, and may be used again. */
  readonly reuse: boolean;
  /** Whether it is left in any case. `@default` as the environment says */
  readonly keep?: true | undefined;
  readonly flag: string;
  readonly label?: string | undefined;
  /** SQL files for what the migrations expect to find. */
  readonly prepare: readonly string[];
  /** SQL files with rows to begin with. */
  readonly seed: readonly string[];
}

/**
 * Takes a unit. Nobody of this process is connected to it a second later: whoever counts its connections finds the program's.
 *
 * @throws TestDbError as `withTestDb()`
 */
export function takeUnit({ keep, url, prepare, seed, label, ...rest }: UnitOfRun): Promise<TestDb> {
  return withTestDb({
    ...rest,
    ...(url === undefined ? {} : { url }),
    ...(keep === undefined ? {} : { keep }),
    ...(label === undefined ? {} : { label }),
    ...(prepare.length > 0 ? { prepare } : {}),
    ...(seed.length > 0 ? { seed: seedStep(seed) } : {}),
    client: { max: 1, idle_timeout: 1 },
  });
}

/** What an SQL file is run with. */
interface SeedClient {
  readonly client: { unsafe(text: string): { simple(): PromiseLike<unknown> } };
}

function seedStep(files: readonly string[]): { key: string; run(context: SeedClient): Promise<void> } {
  const texts = files.map(readText);
  const digest = createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16);
  return {
    key: `${files.join(", ")} (${digest})`,
    async run({ client }) {
      for (const text of texts) await client.unsafe(text).simple();
    },
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const what = `The file ${file} of seed cannot be read`;
    throw new TestDbError("SEED_FAILED", {
      what,
      why: wordsOf(cause),
      next: "name a file with SQL: --seed seed.sql",
      cause,
    });
  }
}
