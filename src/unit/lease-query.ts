/** The query that leases a unit, and its answer. */
import type { Control } from "../control/control.ts";
import type { ArrayTypes } from "../drivers/driver.ts";
import type { Isolation } from "../options.ts";
import { withLiterals } from "../sql/identifiers.ts";
import { heldBy } from "./held-by.ts";

/** What the server answers. */
export interface Lease {
  /**
   * How the unit came about; or `none` where no database is free, `unknown` where something of the home has to be built again, and
   * `refused` where only a schema will do, and units are databases.
   */
  readonly how: "created" | "reused" | "database" | "none" | "unknown" | "refused";
  /** Why units are databases. */
  readonly reasons: readonly string[];
  /** The schema that the connection is in. */
  readonly at: string | null;
  /** The server's process that answered. */
  readonly pid: number;
  readonly types: ArrayTypes;
  /** Whether the last sweep was a while ago. */
  readonly sweepIsDue: boolean;
}

interface LeaseParameters {
  readonly control: Pick<Control, "holder">;
  readonly options: {
    readonly unitName: string;
    readonly reuse: boolean;
    readonly isolation: "auto" | Isolation;
    readonly testFile: string | undefined;
  };
}

/** All that reads our tables is inside the function, where waiting for a lock has an end. */
const LEASE = `
  select pg_catalog.json_build_object('how', l.how, 'reasons', coalesce(l.reasons, '{}'), 'types', coalesce(l.array_types, ''),
           'sweepIsDue', coalesce(l.sweep_is_due, false),
           'at', pg_catalog.current_schema(), 'pid', pg_catalog.pg_backend_pid())::text as answer
    from with_test_db.lease($1::text, $2::integer, $3::text, $4::boolean, $5::boolean) l`;

/**
 * Fails in a database that is not this role's. A statement of its own: to plan a call, Postgres may run what the function is
 * made of, and in such a database that is anybody's.
 */
export const ASSERT_OWN = `
  select case when pg_catalog.pg_get_userbyid(d.datdba) operator(pg_catalog.=) current_user then 0
              else ('it belongs to ' operator(pg_catalog.||) pg_catalog.pg_get_userbyid(d.datdba))::pg_catalog.int4 end
    from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) pg_catalog.current_database()`;

/** The query, with its parameters as literals: so it is one round trip for both drivers. */
export const leaseQuery = ({ control, options }: LeaseParameters): string =>
  withLiterals(LEASE, [
    options.unitName,
    String(control.holder),
    heldBy(options.testFile),
    String(options.reuse),
    String(options.isolation !== "schema"),
  ]);

export const readLease = (answer: string | null | undefined): Lease | undefined =>
  answer ? (JSON.parse(answer) as Lease) : undefined;
