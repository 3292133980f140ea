/** A database at a point of its history: a unit in use that can be brought further. */
import type { InferInsertModel } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Context } from "../drivers/driver.ts";
import { TestDbError } from "../errors.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import type { Replay } from "../migrations/run-migrations.ts";
import { migrationsUpTo } from "../migrations/up-to.ts";
import type { Opened } from "../open-test-db.ts";
import type { TestDbHandle } from "../test-db.ts";
import { ARRAY_TYPES } from "../unit/lease.ts";
import { findMigration } from "./find-migration.ts";
import { insertThen } from "./insert-then.ts";
import { countDone, migrateOn } from "./migrate-on.ts";

/** How {@link PastDbHandle.migrateOn} runs migrations. */
export interface MigrateOnOptions {
  /**
   * In which transactions. Drizzle's migrator has one for all that is pending; a history that grew in many deployments may need
   * more. `@default "in one transaction"`
   */
  readonly replay?: Replay;
}

/** A database at a point of its history: a `TestDb` without types, since the code has the present schema. */
export interface PastDbHandle<Db, Client> extends TestDbHandle<Db, Client> {
  /** The last migration that has run here; null before the first. */
  readonly at: string | null;
  /**
   * Runs the migrations that follow, as a deployment would: by Drizzle's migrator, in one transaction, with the rows that are there.
   * Where it fails, the database is as it was. Connections of `db` are made anew, as those of an application that is deployed;
   * those of `connect()` are not.
   *
   * @param tag - the last one that is to run. `@default` the last of the folder
   * @returns the names of those that ran
   * @throws TestDbError `MIGRATION_FAILED` with the file, the statement and Postgres' words; `MIGRATIONS_INVALID` where Drizzle would
   * pass over one of them; `MIGRATIONS_NOT_FOUND`; `OPTION_INVALID` where a transaction of `begin()` or `rollback()` is open, or `tag` is in the past
   *
   * @example
   * ```ts
   * await past.db.execute(sql`insert into users (id, name) values (1, 'Ada Lovelace')`);
   * await past.migrateOn("0007_split_names");
   * ```
   */
  migrateOn(tag?: string, options?: MigrateOnOptions): Promise<string[]>;
  /**
   * Inserts rows by a table of the present schema; columns that are not there yet are left out, and those of `$defaultFn()` get
   * their value. The table has to have the name then that it has now.
   *
   * @example
   * ```ts
   * await past.insert(schema.users, [{ name: "Ada" }, { name: "Grace" }]);
   * ```
   */
  insert<Table extends PgTable>(
    table: Table,
    rows: InferInsertModel<Table> | readonly InferInsertModel<Table>[],
  ): Promise<void>;
}

/**
 * @param all - the whole history
 * @param from - how many of its migrations the unit was made with
 */
export function pastDb<Db, Client>(
  { testDb, open, named }: Opened<Db, Client>,
  all: Migrations,
  from: number,
  deadline: number,
): PastDbHandle<Db, Client> {
  const { unit, connection } = open;
  let done = from;
  let isDisposed = false;
  let isRunning = false;
  const transactions = new Set<unknown>();
  const tagAt = (count: number): string | null => all.list[count - 1]?.tag ?? null;
  const run: PastDbHandle<Db, Client>["migrateOn"] = async (tag, { replay = "in one transaction" } = {}) => {
    const to = tag === undefined ? all.list.length : findMigration(all, tag) + 1;
    assertReplay(replay);
    if (isDisposed) throw refused("the database was disposed of", "migrate before dispose()");
    if (transactions.size > 0) throw refused("a transaction of begin() or rollback() is open", "await its end before");
    if (to < done) throw refused(`${tagAt(to)} has run here before`, "await reset() leads back to where it began");
    if (isRunning) throw refused("another call of it is running", "await that one before");
    const part = migrationsUpTo(all, to);
    isRunning = true;
    try {
      const ran = await migrateOn({ unit, part, replay, deadline, named: named.database });
      done = to;
      return ran;
    } catch (error) {
      // what ended a transaction in the middle has left something
      done = await countDone(unit, part).catch(() => done);
      throw error;
    } finally {
      // what it has prepared, and knows of types, is of the schema before
      const { value } = await connection.ask(`select ${ARRAY_TYPES}`);
      connection.learnArrayTypes(value ?? "");
      await connection.renew();
      isRunning = false;
    }
  };
  const handle: Pick<PastDbHandle<Db, Client>, "reset" | "rollback" | "begin" | "dispose" | "migrateOn" | "insert"> &
    AsyncDisposable = {
    reset: async (after) => {
      await testDb.reset(after);
      done = from;
    },
    rollback: async (use) => {
      transactions.add(use);
      return testDb.rollback(use).finally(() => transactions.delete(use));
    },
    begin: async () => {
      const begun = await testDb.begin();
      transactions.add(begun);
      const rollback: typeof begun.rollback = (after) => {
        transactions.delete(begun);
        return begun.rollback(after);
      };
      return { ...begun, rollback };
    },
    dispose: (after) => {
      isDisposed = true;
      return testDb.dispose(after);
    },
    [Symbol.asyncDispose]: () => handle.dispose(),
    migrateOn: run,
    insert: (table, rows) => insertThen(connection as never, open.context as Context<never, unknown>, table, rows),
  };
  const descriptors = { ...Object.getOwnPropertyDescriptors(testDb), ...Object.getOwnPropertyDescriptors(handle) };
  return Object.defineProperties({}, {
    ...descriptors,
    at: { get: () => tagAt(done), enumerable: true },
  } as PropertyDescriptorMap) as PastDbHandle<Db, Client>;
}

const refused = (why: string, next: string): TestDbError =>
  new TestDbError("OPTION_INVALID", { what: "migrateOn() cannot run", why, next });

const REPLAYS: readonly Replay[] = ["in one transaction", "migration by migration", "statement by statement"];

function assertReplay(replay: unknown): void {
  if ((REPLAYS as readonly unknown[]).includes(replay)) return;
  const expected = REPLAYS.map((each) => JSON.stringify(each)).join(", ");
  throw new TestDbError("OPTION_INVALID", {
    what: `replay must be one of ${expected}, and is ${JSON.stringify(replay)}`,
  });
}
