/** A unit for a program that knows nothing of units: the program is told by its environment where to connect. */
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
  /** Files of SQL, CSV or JSON with rows to begin with. */
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
    ...(seed.length > 0 ? { seed } : {}),
    client: { max: 1, idle_timeout: 1 },
  });
}
