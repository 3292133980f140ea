/** The query that leases a unit, and its answer. */
import type { Control } from "../control/control.ts";
import { CONTROL_FORMAT } from "../control/control-format.ts";
import type { ArrayTypes } from "../drivers/driver.ts";
import { withLiterals } from "../sql/identifiers.ts";
import type { Target } from "../target/target.ts";

/** What the server answers. */
export interface Lease {
  readonly how: "created" | "reused" | "unknown" | "refused";
  /** The schemas of extensions that follow the unit in the search_path. */
  readonly path: readonly string[];
  /** The schema that the connection is in. */
  readonly at: string | null;
  /** The server's process that answered. */
  readonly pid: number;
  readonly types: ArrayTypes;
  /** Whether the last sweep was a while ago. */
  readonly sweepIsDue: boolean;
}

interface LeaseParameters {
  readonly target: Target;
  readonly recipeKey: string;
  readonly control: Pick<Control, "holder">;
  readonly options: { readonly unitName: string; readonly reuse: boolean };
}

/** All that reads our tables is inside the function, where waiting for a lock has an end. */
const LEASE = `
  select pg_catalog.json_build_object('how', l.how, 'path', coalesce(l.extension_schemas, '{}'), 'types', coalesce(l.array_types, ''),
           'sweepIsDue', coalesce(l.sweep_is_due, false),
           'at', pg_catalog.current_schema(), 'pid', pg_catalog.pg_backend_pid())::text as answer
    from with_test_db.lease_unit($1::text, $2::text, $3::integer, $4::boolean, $5::text, $6::text) l`;

/** The query, with its parameters as literals: so it is one round trip for both drivers. */
export const leaseQuery = ({ target, recipeKey, control, options }: LeaseParameters): string =>
  withLiterals(LEASE, [
    options.unitName,
    recipeKey,
    String(control.holder),
    String(options.reuse),
    target.database,
    CONTROL_FORMAT,
  ]);

export const readLease = (answer: string): Lease => JSON.parse(answer) as Lease;

export const isLeased = ({ how }: Lease): boolean => how === "created" || how === "reused";
