/** The test of one migration: on a database as it is before, with rows in its tables. */
import { disposeAfter } from "../dispose-after.ts";
import { TestDbError } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { fillTables } from "../rehearse/fill-tables.ts";
import { assertConstraintsHold } from "./constraints.ts";
import { assertNoRowsLost, type HeldRows, readHeldRows } from "./held-rows.ts";
import { inUnit } from "./migrate-on.ts";
import type { OpenedPast } from "./open-past.ts";
import type { PastDbHandle } from "./past-db.ts";

/** What the test of one migration is told. */
export interface MigrationTestParts<Db, Client> {
  /**
   * How many rows are made up for each table that is empty, or for single tables by their names: parents first, values by type. Other
   * tables get 3; a table with 0 stays empty. `@default 3`
   */
  readonly rows?: number | Readonly<Record<string, number>>;
  /** Rows of your own, in the database before the migration. They come before those that are made up. */
  before?(past: PastDbHandle<Db, Client>): PromiseLike<unknown>;
  /** Your assertions, in the database after the migration. */
  after?(migrated: PastDbHandle<Db, Client>): PromiseLike<unknown>;
  /** Tables that are meant to lose rows. */
  readonly mayLose?: readonly string[];
  /** Constraints, added `NOT VALID`, that rows may break for now. */
  readonly mayBreak?: readonly string[];
}

/** How many rows are made up for a table, where nobody says. */
const ROWS = 3;

/** @param deadline - how long to wait for a connection, in milliseconds */
export async function runTest<Db, Client>(
  { past, unit }: OpenedPast<Db, Client>,
  tag: string,
  { rows = ROWS, before, after, mayLose = [], mayBreak = [] }: MigrationTestParts<Db, Client>,
  deadline: number,
): Promise<void> {
  await disposeAfter(past, async () => {
    await before?.(past);
    const held = await inUnit(
      unit,
      async (session): Promise<HeldRows[]> => {
        const unfilled = await fillTables(session, (table, there) => (there > 0 ? 0 : wantedRows(rows, table)));
        for (const { table, why } of unfilled.filter((each) => each.rows === 0))
          noticeOnce(`${tag} is tested without rows in ${table}: ${why}`);
        const counts = await readHeldRows(session);
        assertNames({ rows: typeof rows === "number" ? [] : Object.keys(rows), mayLose }, counts, tag);
        return counts;
      },
      deadline,
    );
    await past.migrateOn(tag);
    await inUnit(
      unit,
      async (session) => {
        assertNoRowsLost(tag, held, await readHeldRows(session), mayLose);
        await assertConstraintsHold(session, tag, mayBreak);
      },
      deadline,
    );
    await after?.(past);
  });
}

const wantedRows = (rows: number | Readonly<Record<string, number>>, table: string): number =>
  typeof rows === "number" ? rows : Object.hasOwn(rows, table) ? (rows[table] as number) : ROWS;

/** A name that is misspelt would do nothing, and nobody would know. */
function assertNames(
  given: Readonly<Record<"rows" | "mayLose", readonly string[]>>,
  held: readonly HeldRows[],
  tag: string,
): void {
  const tables = held.map(({ table }) => table);
  for (const [option, names] of Object.entries(given)) {
    const wrong = names.find((name) => !tables.includes(name));
    if (wrong === undefined) continue;
    throw new TestDbError("OPTION_INVALID", {
      what: `${option} names the table ${wrong}, which is not there before ${tag}`,
      why: `there are ${tables.join(", ") || "none"}`,
      next: `leave it out, or name one of them in the test of ${tag}`,
    });
  }
}
