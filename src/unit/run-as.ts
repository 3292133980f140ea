/**
 * Runs a function in a transaction that has another role, claims and settings, as an application's requests have them. They are of
 * that transaction alone. Where it is a savepoint of a test's transaction, they would outlive it: what was there before is put back.
 */
import { type SQL, sql } from "drizzle-orm";
import { rowsOf } from "../drivers/rows-of.ts";
import { TestDbError } from "../errors.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { uncaptured } from "../uncaptured.ts";
import { type CheckedIdentity, checkedIdentity, type Identity } from "./identity.ts";
import type { Nesting } from "./nesting.ts";
import { CONNECTION_WITHIN, takeWithin } from "./reserve-within.ts";
import { explained, noRole } from "./role-missing.ts";
import type { Transactional } from "./transactional.ts";

/** Where `db` is. */
export interface Place {
  /** Of the test's transaction that `db` is in, if there is one. */
  readonly nesting: Nesting | undefined;
  /** The unit's schema; null where the unit is a database. */
  readonly schema: string | null;
}

/** @throws TestDbError `ROLE_MISSING`, `OPTION_INVALID`, and `ROLLBACK_FAILED` where no connection is free; errors of `use`, and of its transaction, as they are */
export function runAs<Db, Result>(
  db: Db,
  given: Identity,
  use: (db: Db) => Promise<Result>,
  { nesting, schema }: Place,
): Promise<Result> {
  const identity = checkedIdentity(given);
  if (typeof use !== "function")
    throw new TestDbError("OPTION_INVALID", {
      what: "as() was given no function",
      next: "testDb.as({ role }, (db) => db.select().from(notes))",
    });
  const outer = db as Transactional;
  // in the test's transaction a call is a savepoint, and takes no connection that may be missing
  const begin = (work: (transaction: unknown) => Promise<Result>): Promise<Result> =>
    nesting ? outer.transaction(work) : inTransaction(outer, work);
  const run = async (depth: number): Promise<Result> => {
    const wanted = settingsOf(identity, depth > 0);
    const kept = `with_test_db.before_${depth}`;
    let isApplying = false;
    try {
      return await begin(async (given) => {
        const transaction = given as Transactional;
        if (depth > 0) await ask(transaction, keep(kept, wanted));
        isApplying = true;
        await ask(transaction, apply(wanted));
        isApplying = false;
        if (identity.role === undefined && (await isExempt(transaction, schema))) throw noRole();
        const result = await use(given as Db);
        if (depth > 0) await putBack(transaction, kept);
        // node-postgres takes it for a commit where a query had failed, nobody minded, and all is undone
        else await ask(transaction, sql`select`);
        return result;
      });
    } catch (error) {
      throw isApplying ? await explained(outer, identity, error) : error;
    }
  };
  return nesting ? nesting.enter(run) : run(0);
}

/** @throws TestDbError `ROLLBACK_FAILED` where no connection comes in time */
async function inTransaction<Result>(
  db: Transactional,
  work: (transaction: unknown) => Promise<Result>,
): Promise<Result> {
  let isLate = false;
  let begins = (_isBegun: true): void => {};
  const begun = new Promise<true>((resolve) => {
    begins = resolve;
  });
  const done = db.transaction(async (transaction) => {
    begins(true);
    if (isLate) throw noConnection();
    return work(transaction);
  });
  // what fails before it is begun fails here
  if (await takeWithin(CONNECTION_WITHIN, Promise.race([begun, done.then(() => true)]), () => {})) return done;
  isLate = true;
  done.catch(() => {});
  throw noConnection();
}

const noConnection = (): TestDbError =>
  new TestDbError("ROLLBACK_FAILED", {
    what: `No connection was free for as() within ${CONNECTION_WITHIN / 1000} s`,
    why: "each call has a connection for as long as it runs, also one within another, and all of the client's are in use",
    next: "call as() within as() no deeper than the client has connections; or client: { max: 10 }",
  });

/** Not counted where a test counts queries. */
const ask = (transaction: Transactional, query: SQL): Promise<unknown> =>
  uncaptured(async () => await transaction.execute(query));

type Setting = readonly [name: string, value: string];

/** The setting that functions such as `auth.uid()` read. */
const CLAIMS = "request.jwt.claims";

/** The role is the last: it need not be allowed to change the others. */
function settingsOf({ role, claims, settings }: CheckedIdentity, isNested: boolean): readonly Setting[] {
  const all: Setting[] = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  if (claims) all.push([CLAIMS, JSON.stringify({ ...(role === undefined ? {} : { role }), ...claims })]);
  // those of the call around this one are somebody else's
  else if (isNested) all.push([CLAIMS, ""]);
  if (role !== undefined) all.push(["role", role]);
  return all;
}

const SET = sql`select pg_catalog.set_config(s ->> 0, s ->> 1, true) from pg_catalog.json_array_elements`;

const apply = (settings: readonly Setting[]): SQL => sql`${SET}(${JSON.stringify(settings)}::text::json) s`;

/** On the server, since a client may transform what it returns. Nothing can be unset: what was not there will be empty, as after a COMMIT. */
function keep(kept: string, settings: readonly Setting[]): SQL {
  // first the role, which may set the others
  const names = JSON.stringify(settings.map(([name]) => name).reverse());
  return sql`select pg_catalog.set_config(${kept}, (
      select coalesce(pg_catalog.json_agg(
               pg_catalog.json_build_array(name, coalesce(pg_catalog.current_setting(name, true), ''))), '[]')::text
        from pg_catalog.json_array_elements_text(${names}::text::json) name), true)`;
}

async function putBack(transaction: Transactional, kept: string): Promise<void> {
  try {
    await ask(transaction, sql`${SET}(pg_catalog.current_setting(${kept})::json) s`);
  } catch (error) {
    // a query had failed, and nobody minded: as by a COMMIT, all is undone
    if (postgresError(error)?.code !== SQLSTATE.inFailedTransaction) throw error;
  }
}

/** Whether the unit has tables with row-level security from which the connection's own role is exempt. */
async function isExempt(transaction: Transactional, schema: string | null): Promise<boolean> {
  const answered = await ask(
    transaction,
    sql`select exists (
          select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.relrowsecurity and n.nspname = coalesce(${schema}::text, n.nspname)
             and not pg_catalog.row_security_active(c.oid)) as exempt`,
  );
  return rowsOf<{ readonly exempt: boolean }>(answered)[0]?.exempt === true;
}
