/** Reads which homes are on a server, and which units are in them. Nothing is changed, and nothing is read that is not ours. */
import { isHeld } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import type { Isolation } from "../options.ts";
import { postgresError } from "../sql/sqlstate.ts";
import { type Holder, readHolder } from "../unit/held-by.ts";
import { IS_THERE, inHomes, KEPT_UNTIL } from "./homes.ts";

export interface UnitStatus {
  readonly name: string;
  readonly isolation: Isolation;
  /** `free` and `returned` units are in the pool. */
  readonly state: "leased" | "returned" | "free" | "kept";
  /** The database in which it lives, or which has its record. */
  readonly home: string;
  /** Who took it; null where it is free, and in homes of versions that did not write it down. */
  readonly holder: Holder | null;
  /** Whether the process that holds the unit has its advisory lock: a few seconds after its first unit, until it ends. */
  readonly alive: boolean;
  /** Whether a connection to the unit is open. */
  readonly connected: boolean;
  /** Whether the schema or database itself is there. */
  readonly exists: boolean;
  /** Since when it was handed out; of a free unit, since when it is free. Null where a sweep is to take it. */
  readonly since: string | null;
  /** The same, in seconds until now. */
  readonly ageSeconds: number;
  /** Of a unit that was kept after a failure: when a sweep may drop it, unless somebody is connected to it. */
  readonly keptUntil: string | null;
  /** The same, in seconds from now. */
  readonly keptForSeconds: number | null;
  /** Whether it is kept when its test gives it up. */
  readonly keepAsked: boolean;
  /** On the server's disk; null in the pool, and where a test has locked a table of it. */
  readonly bytes: number | null;
}

export interface HomeStatus {
  readonly name: string;
  readonly isolation: Isolation;
  /** Why units are databases. */
  readonly reasons: readonly string[];
  readonly usedAt: string;
  /** The same, in seconds until now. */
  readonly unusedSeconds: number;
  /** On the server's disk, with all schemas in it. */
  readonly bytes: number | null;
}

export interface Status {
  readonly units: readonly UnitStatus[];
  readonly homes: readonly HomeStatus[];
}

/** Whether nobody is there any more who could give the unit up. */
export const isLeftBehind = ({ state, alive, connected }: UnitStatus): boolean =>
  state === "leased" && !alive && !connected;

export async function readStatus(session: Session): Promise<Status> {
  const units: UnitStatus[] = [];
  const homes: HomeStatus[] = [];
  await inHomes(session, async (home, { name }) => {
    homes.push(...(await home.rows<HomeStatus>(HOME)));
    for (const { heldBy, ...unit } of await home.rows<UnitRow>(UNITS, [name]))
      units.push({ ...unit, holder: readHolder(heldBy), bytes: await sizeOf(home, unit) });
  });
  return { units, homes };
}

type UnitRow = Omit<UnitStatus, "holder" | "bytes"> & { readonly heldBy: string | null };

/** SQL: a time as `2026-01-31T23:59:59Z`. */
const utc = (time: string): string => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
/** SQL: whole seconds. The transaction that asks may be older than what it asks for. */
const seconds = (interval: string): string => `greatest(0, floor(extract(epoch from ${interval})))::int`;

const HOME = `
select current_database() as name, isolation, to_jsonb(reasons) as reasons, ${utc("used_at")} as "usedAt", ${seconds("now() - used_at")} as "unusedSeconds",
       (select pg_database_size(d.oid)::float8 from pg_database d where d.datname = current_database()) as bytes
  from with_test_db.home`;

const SINCE = "case u.state when 'free' then u.freed_at else u.leased_at end";
const IS_TIMED = `u.state = 'kept' and isfinite(${KEPT_UNTIL})`;

/** Columns that homes of earlier versions do not have are read from JSON. */
const UNITS = `
select u.name, u.isolation, u.state, $1::text as home,
       case when isfinite(${SINCE}) then ${utc(SINCE)} end as since,
       case when isfinite(${SINCE}) then ${seconds(`now() - (${SINCE})`)} else 0 end as "ageSeconds",
       case when ${IS_TIMED} then ${utc(KEPT_UNTIL)} end as "keptUntil",
       case when ${IS_TIMED} then ${seconds(`${KEPT_UNTIL} - now()`)} end as "keptForSeconds",
       u.state = 'leased' and ${KEPT_UNTIL} is not null as "keepAsked",
       to_jsonb(u) ->> 'held_by' as "heldBy", ${isHeld("u.holder")} as alive,
       exists (select from pg_stat_activity a where a.application_name = u.name) as connected,
       ${IS_THERE} as "exists"
  from with_test_db.unit u order by u.created_at, u.name`;

/** Nobody waits for a lock that a test holds. */
const PATIENCE = "100ms";

const SIZES: Readonly<Record<Isolation, string>> = {
  database: "select pg_database_size(d.oid)::float8 as bytes from pg_database d where d.datname = $1::text",
  schema: `select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c, set_config('lock_timeout', '${PATIENCE}', false)
            where c.relnamespace = to_regnamespace($1::text) and c.relkind in ('r', 'm', 'S')`,
};

/** Of those that somebody may look into: a pool may have many, and each of their tables is looked for on the disk. */
async function sizeOf(
  home: Session,
  { name, isolation, state, exists }: Pick<UnitStatus, "name" | "isolation" | "state" | "exists">,
): Promise<number | null> {
  if (!exists || state === "free" || state === "returned") return null;
  try {
    const [row] = await home.rows<{ bytes: number | null }>(SIZES[isolation], [name]);
    return row?.bytes ?? null;
  } catch (error) {
    // it is locked, or was dropped meanwhile
    if (postgresError(error)) return null;
    throw error;
  }
}
