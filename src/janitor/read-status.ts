/** Reads which units and blueprints are on a server. Nothing is changed. */
import { isHeld } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";

export interface UnitStatus {
  readonly name: string;
  readonly isolation: "schema" | "database";
  /** `free` and `returned` units are in the pool. */
  readonly state: "leased" | "returned" | "free" | "kept";
  readonly fingerprint: string;
  /** Whether the process that holds the unit has its advisory lock: a few seconds after its first unit, until it ends. */
  readonly alive: boolean;
  /** Whether a connection to the unit is open. */
  readonly connected: boolean;
  /** Whether the schema or database itself is there. */
  readonly exists: boolean;
  readonly createdAt: string;
}

export interface BlueprintStatus {
  readonly fingerprint: string;
  readonly databaseName: string;
  readonly state: "building" | "ready";
  readonly obstacles: readonly string[];
  readonly usedAt: string;
}

export interface Status {
  readonly units: readonly UnitStatus[];
  readonly blueprints: readonly BlueprintStatus[];
  /** Schemas and databases with names like units and blueprints that have no record: no sweep drops them. */
  readonly unrecorded: readonly string[];
}

export async function readStatus(session: Session): Promise<Status> {
  const there = await hasControlSchema(session);
  const units = there ? await session.rows<UnitStatus>(UNITS) : [];
  const blueprints = there ? await session.rows<BlueprintStatus>(BLUEPRINTS) : [];
  const recorded = new Set([...units.map(({ name }) => name), ...blueprints.map(({ databaseName }) => databaseName)]);
  const named = await session.rows<{ name: string }>(NAMED_LIKE_OURS);
  return { units, blueprints, unrecorded: named.map(({ name }) => name).filter((name) => !recorded.has(name)) };
}

/** Without the control schema, a database has no records of units and blueprints. */
export async function hasControlSchema(session: Session): Promise<boolean> {
  const [row] = await session.rows<{ there: boolean }>("select to_regclass('with_test_db.unit') is not null as there");
  return row?.there === true;
}

const UNITS = `
select u.name, u.isolation, u.state, u.fingerprint, u.created_at::text as "createdAt",
       ${isHeld("u.holder")} as alive,
       exists (select from pg_stat_activity a where a.application_name = u.name) as connected,
       case u.isolation when 'schema' then exists (select from pg_namespace n where n.nspname = u.name)
                        else exists (select from pg_database d where d.datname = u.name) end as "exists"
  from with_test_db.unit u order by u.created_at, u.name`;

const BLUEPRINTS = `
select fingerprint, database_name as "databaseName", state, to_jsonb(obstacles) as obstacles, used_at::text as "usedAt"
  from with_test_db.blueprint order by used_at`;

/** The database of another target on the same server is marked with that target: its record is there. */
const NAMED_LIKE_OURS = `
select nspname as name from pg_namespace where nspname like 'it\\_%'
union all
select datname from pg_database d
 where datname like 'it\\_%'
   and coalesce(shobj_description(d.oid, 'pg_database'), '') not like 'with-test-db {%'
 order by 1`;
