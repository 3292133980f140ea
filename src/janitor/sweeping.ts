/** A sweep under way: what its parts share. */

import { dropDatabase } from "../blueprint/private-database.ts";
import type { Session } from "../connections/session.ts";
import { causeWords } from "../sql/failure.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";

export interface Ages {
  /** In seconds, like the others. */
  readonly minAge: number;
  readonly freeAge: number;
  readonly blueprintAge: number;
  /** In milliseconds. */
  readonly secondLookAfter: number;
}

export interface Sweeping extends Ages {
  readonly session: Session;
  readonly dryRun: boolean;
  readonly units: string[];
  readonly databases: string[];
  readonly records: string[];
  readonly failures: { name: string; why: string }[];
}

/** Does what is to be done for one candidate. Only a lost connection ends the sweep. */
export async function attempt({ failures }: Sweeping, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    failures.push({ name, why: causeWords(error) });
  }
}

/** Drops a database that nobody is connected to. True where it is gone, or would be. */
export async function dropUnused({ session, dryRun }: Sweeping, name: string): Promise<boolean> {
  // autovacuum comes by everywhere now and then, and is sent away where a database is dropped
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
