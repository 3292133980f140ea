/** Keeps a unit that somebody named until it is dropped by hand: one that was kept from now on, one that a test has when the test gives it up. */
import type { Session } from "../connections/session.ts";
import { IS_THERE } from "../janitor/homes.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";

/** `old`: its home is of an earlier version, whose tests give units up without a look at that. */
export type Keeping = "kept" | "asked" | "old" | "gone";

/** What a test's unit is marked with. */
const ASK = `update with_test_db.unit u set kept_until = 'infinity'
  where u.name = $1::text and u.state = 'leased' and ${IS_THERE} returning u.name`;
const KEEP =
  "update with_test_db.unit u set kept_until = null where u.name = $1::text and u.state = 'kept' returning u.name";
const KNOWS = "select from pg_proc p where p.oid = to_regprocedure('with_test_db.keep_if_asked(text)')";

/** @param home - a session in the unit's home */
export async function keepUntilDropped(home: Session, name: string): Promise<Keeping> {
  // a test may give it up between the two
  if (await isDone(home, KEEP, name)) return "kept";
  if ((await home.rows(KNOWS)).length === 0) return "old";
  if (await isDone(home, ASK, name)) return "asked";
  return (await isDone(home, KEEP, name)) ? "kept" : "gone";
}

async function isDone(home: Session, query: string, name: string): Promise<boolean> {
  try {
    return (await home.rows(query, [name])).length > 0;
  } catch (error) {
    // the first homes had no such time: what is kept there is kept until it is dropped
    if (postgresError(error)?.code !== SQLSTATE.undefinedColumn) throw error;
    return (
      (await home.rows("select from with_test_db.unit where name = $1::text and state = 'kept'", [name])).length > 0
    );
  }
}
