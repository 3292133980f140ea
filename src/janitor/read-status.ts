/** Reads which homes are on a server, and which units are in them. Nothing is changed, and nothing is read that is not ours. */
import { isHeld } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import type { Isolation } from "../options.ts";
import { IS_THERE, inHomes, KEPT_UNTIL } from "./homes.ts";

export interface UnitStatus {
  readonly name: string;
  readonly isolation: Isolation;
  /** `free` and `returned` units are in the pool. */
  readonly state: "leased" | "returned" | "free" | "kept";
  /** The database in which it lives, or which has its record. */
  readonly home: string;
  /** Whether the process that holds the unit has its advisory lock: a few seconds after its first unit, until it ends. */
  readonly alive: boolean;
  /** Whether a connection to the unit is open. */
  readonly connected: boolean;
  /** Whether the schema or database itself is there. */
  readonly exists: boolean;
  /** Since when it is in that state. */
  readonly since: string;
  /** Of a unit that was kept after a failure: when a sweep may drop it, unless somebody is connected to it. */
  readonly keptUntil: string | null;
}

export interface HomeStatus {
  readonly name: string;
  readonly isolation: Isolation;
  /** Why units are databases. */
  readonly reasons: readonly string[];
  readonly usedAt: string;
}

export interface Status {
  readonly units: readonly UnitStatus[];
  readonly homes: readonly HomeStatus[];
}

export async function readStatus(session: Session): Promise<Status> {
  const units: UnitStatus[] = [];
  const homes: HomeStatus[] = [];
  await inHomes(session, async (home, { name }) => {
    homes.push(...(await home.rows<HomeStatus>(HOME)));
    units.push(...(await home.rows<UnitStatus>(UNITS, [name])));
  });
  return { units, homes };
}

/** SQL: a time as `2026-01-31T23:59:59Z`. */
const utc = (time: string): string => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

const HOME = `
select current_database() as name, isolation, to_jsonb(reasons) as reasons, ${utc("used_at")} as "usedAt" from with_test_db.home`;

const UNITS = `
select u.name, u.isolation, u.state, $1::text as home, ${utc("case u.state when 'free' then u.freed_at else u.leased_at end")} as since,
       ${utc(KEPT_UNTIL)} as "keptUntil", ${isHeld("u.holder")} as alive,
       exists (select from pg_stat_activity a where a.application_name = u.name) as connected,
       ${IS_THERE} as "exists"
  from with_test_db.unit u order by u.created_at, u.name`;
