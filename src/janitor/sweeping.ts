/** A sweep under way: what it was told, what it has dropped, and what its parts have in common. */
import type { Session } from "../connections/session.ts";
import { dropDatabase } from "../control/databases.ts";
import { causeWords } from "../sql/failure.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import type { OurDatabase } from "./homes.ts";

export interface SweepOptions {
  /** Report only. */
  readonly dryRun?: boolean;
  /** How old something must be at least, in seconds. `@default 60` */
  readonly minAge?: number;
  /** How long a free unit waits for its next user, in seconds. `@default 3600` */
  readonly freeAge?: number;
  /** How long a home waits for its next use, in seconds. `@default 604800`, a week */
  readonly homeAge?: number;
  /** The key of a database that was named: `freeAge` and `homeAge` count for its homes, and for all others the defaults. */
  readonly beside?: string | undefined;
  /** Milliseconds until a unit that seems left is looked at again: a full server may have hidden its lock. `@default 1000` */
  readonly secondLookAfter?: number;
  /** Is told the name of each candidate, before the sweep turns to it. */
  readonly onCandidate?: (name: string) => void;
  /** The numbers of processes' locks: only their units are looked at. `@default` all units */
  readonly holders?: readonly number[] | undefined;
}

/** What was really dropped; with `dryRun`, what would be. */
export interface Swept {
  readonly units: string[];
  readonly databases: string[];
  /** Records of schemas and databases that were dropped by other means. */
  readonly records: string[];
  /** What was to be dropped, and could not be. It stays for the next sweep. */
  readonly failures: { readonly name: string; readonly why: string }[];
}

export interface Sweeping extends Required<SweepOptions>, Swept {
  readonly session: Session;
}

const DEFAULTS: Required<SweepOptions> = {
  dryRun: false,
  minAge: 60,
  freeAge: 3600,
  homeAge: 7 * 24 * 3600,
  beside: undefined,
  secondLookAfter: 1_000,
  onCandidate: () => {},
  holders: undefined,
};

export const beginSweep = (session: Session, options: SweepOptions): Sweeping => ({
  ...DEFAULTS,
  ...options,
  ...{ units: [], databases: [], records: [], failures: [] },
  session,
});

/** The sweep as it concerns one home. */
export function concerning(sweeping: Sweeping, { beside }: OurDatabase): Sweeping {
  if (sweeping.beside === undefined || sweeping.beside === beside) return sweeping;
  return { ...sweeping, freeAge: DEFAULTS.freeAge, homeAge: DEFAULTS.homeAge };
}

/** What fails for one candidate is reported, and the sweep goes on; only a lost connection ends it. */
export async function attempt(
  { failures, onCandidate }: Sweeping,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  onCandidate(name);
  try {
    await work();
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    failures.push({ name, why: causeWords(error) });
  }
}

/** Drops a database without clients. True where it is gone, or would be. */
export async function dropUnused({ session, dryRun }: Sweeping, name: string): Promise<boolean> {
  // Postgres ends autovacuum itself where a database is dropped
  const inside = await session.rows(
    "select 1 as found from pg_stat_activity where datname = $1::text and backend_type is distinct from 'autovacuum worker'",
    [name],
  );
  if (inside.length > 0) return false;
  if (dryRun) return true;
  try {
    await dropDatabase(session, name, { evenIfUsed: false });
    return true;
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.objectInUse) return false;
    throw error;
  }
}
