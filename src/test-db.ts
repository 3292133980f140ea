/** What a call hands out: a typed database bound to its unit, and how to reset and dispose of the unit. */
import type { PgTable } from "drizzle-orm/pg-core";
import { assertTimersRun } from "./connections/assert-timers-run.ts";
import { areReplaced } from "./connections/drivers-timers.ts";
import type { Control } from "./control/control.ts";
import type { Context, Driver } from "./drivers/driver.ts";
import { TestDbError } from "./errors.ts";
import { Phases, publish } from "./events.ts";
import type { Isolation, Keep } from "./options.ts";
import { targetUrl } from "./target/connection-url.ts";
import { uncaptured } from "./uncaptured.ts";
import { beginTransaction, type Transaction as OpenTransaction } from "./unit/begin.ts";
import { disposeUnit } from "./unit/dispose.ts";
import type { Identity } from "./unit/identity.ts";
import type { Failure } from "./unit/keep.ts";
import { Nesting } from "./unit/nesting.ts";
import { type OtherClient, OtherClients } from "./unit/other-clients.ts";
import { resetUnit } from "./unit/reset.ts";
import { rolledBack } from "./unit/rollback.ts";
import { runAs } from "./unit/run-as.ts";
import type { Shake } from "./unit/shake.ts";
import type { OpenUnit, Unit } from "./unit/unit.ts";

/** What is known of the test that ran. */
export interface AfterTest {
  /**
   * Whether the test failed; its name says so, too, and is shown. What a failed test left is kept where the option `keep` says so.
   * `@default false`
   */
  readonly failed?: boolean | string | undefined;
}

/** A unit in use. */
export interface TestDbHandle<Db, Client> {
  /** Drizzle's database, typed by your schema, bound to the unit. */
  readonly db: Db;
  /** The client under `db`. */
  readonly client: Client;
  /** The unit's schema. Null where the unit is a database: what is in it is in the schemas that the migrations name. */
  readonly schemaName: string | null;
  /** The database that holds the schema; the unit itself where it is a database. */
  readonly databaseName: string;
  /** Whether the unit is a schema or a database. */
  readonly isolation: Isolation;
  /**
   * A URL bound to the unit: for the application under test, psql or Drizzle Studio. It holds the password, and so is not
   * enumerable: nothing that prints or copies a value's own fields has it.
   */
  readonly url: string;
  /**
   * Brings the unit back to what the migrations left: rows, sequences and, if a test changed it, the schema itself. Its
   * name stays, and so do its connections where it is a schema; those to a database end, with what they were doing.
   *
   * With `failed`, and where `keep` is not false, what the test left is kept under another name, and stderr has the lines that
   * look into it.
   *
   * @throws TestDbError `RESET_FAILED`, most likely because a transaction is still open
   *
   * @example
   * ```ts
   * afterEach(({ task }) => testDb.reset({ failed: task.result?.state === "fail" && task.name }));
   * ```
   */
  reset(after?: AfterTest): Promise<void>;
  /**
   * Brings rows and sequences back to what the migrations left, and nothing else: tables that a test made or changed stay as they
   * are, and so do all connections. With tables, those alone, what refers to them by foreign keys, and the sequences of both.
   *
   * @param tables - tables of a Drizzle schema. `@default` all
   * @throws TestDbError `RESET_FAILED`, most likely because a transaction is still open, or because a test changed a table so that
   * the migrations' rows do not fit into it any more; `OPTION_INVALID` for what is no table
   *
   * @example
   * ```ts
   * await testDb.truncate();
   * await testDb.truncate([schema.orders]);
   * ```
   */
  truncate(tables?: readonly PgTable[]): Promise<void>;
  /**
   * Runs `use` with a `db` in a transaction that is rolled back; nested `transaction()` calls become savepoints.
   * What cannot work there: another connection does not see the rows, `now()` stands still, sequences keep their values, and a
   * `COMMIT` of your own is an error.
   *
   * @returns what `use` returns
   * @throws TestDbError `ROLLBACK_FAILED` where `use` ended the transaction itself; and whatever `use` throws
   */
  rollback<Result>(use: (db: Db) => Promise<Result>): Promise<Result>;
  /**
   * Begins a transaction that all queries of `db` and `client` are in, until `rollback()`: for hooks, and for code that holds a
   * reference to `db`. A statement that fails undoes nothing else, as outside of a transaction; `transaction()` becomes a
   * savepoint. The limits are those of {@link rollback}, and transactions that run side by side share one connection.
   *
   * @throws TestDbError `ROLLBACK_FAILED` where such a transaction is open already
   *
   * @example
   * ```ts
   * let transaction: Transaction<typeof testDb.db>;
   * beforeEach(async () => {
   *   transaction = await testDb.begin();
   * });
   * afterEach(() => transaction.rollback());
   * ```
   */
  begin(): Promise<Transaction<Db>>;
  /**
   * Runs `use` with a `db` in a transaction that has a role, claims and settings, so that policies decide as they do for a request of
   * the application's. The transaction commits when `use` returns, and rolls back what throws. Postgres' errors are as the application
   * sees them: a policy or a missing `GRANT` is SQLSTATE `42501`.
   *
   * Inside of {@link begin}, the transaction is a savepoint; calls beside one another follow one another, and what is asked of
   * `testDb.db` meanwhile has that role, too.
   *
   * @returns what `use` returns
   * @throws TestDbError `ROLE_MISSING` where the role is not there or may not be taken, and where none is given though policies do not
   * apply to the connection's own; and whatever `use` throws
   *
   * @example
   * ```ts
   * const seen = await testDb.as({ role: "authenticated", claims: { sub: ada.id } }, (db) => db.select().from(notes));
   * await testDb.as({ role: "app", settings: { "app.tenant_id": 7 } }, (db) => db.insert(notes).values({ text: "…" }));
   * ```
   */
  as<Result>(identity: Identity, use: (db: Db) => Promise<Result>): Promise<Result>;
  /**
   * Another client bound to the unit, with connections of its own, which are outside of {@link begin}'s and {@link rollback}'s
   * transactions: for what shows only between two connections. `dispose()` closes it, if nobody has before.
   *
   * @example
   * ```ts
   * await using other = await testDb.connect();
   * await other.db.insert(schema.systems).values({ name: "Billing" });
   * ```
   */
  connect(): Promise<OtherClient<Db, Client>>;
  /**
   * Closes every connection and gives the unit up. Can be called twice, and while queries run: they fail. With `failed`, and where
   * `keep` is not false, the unit is kept, and stderr has the lines that look into it.
   *
   * @throws TestDbError `UNIT_GONE` where somebody dropped the unit before, `DISPOSE_FAILED` where it can't be dropped
   */
  dispose(after?: AfterTest): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What {@link TestDbHandle.begin} began. */
export interface Transaction<Db> {
  /** The unit's own `db`, which is inside of the transaction. */
  readonly db: Db;
  /**
   * Checks deferred constraints, and undoes what was written. With `failed`, and where `keep` is not false, what was written is
   * kept under another name instead, as by {@link TestDbHandle.reset}; not where something was asked before `begin()`, which the
   * tests that follow may need.
   *
   * @throws TestDbError `ROLLBACK_FAILED` where such a constraint does not hold, or the transaction was ended from inside
   */
  rollback(after?: AfterTest): Promise<void>;
}

/** The handle for a unit and a connection to it. */
export function testDbHandle<Db, Client>(
  control: Control,
  driver: Driver<Context<Db, Client>>,
  open: OpenUnit<Context<Db, Client>>,
  options: { readonly keep: Keep; readonly reuse: boolean; readonly checkDeferred: boolean },
  ensureHome: () => Promise<void>,
  shake?: Shake,
): TestDbHandle<Db, Client> {
  const { unit, context } = open;
  const { db, client } = context;
  const { name, isolation } = unit;
  const { checkDeferred } = options;
  const others = new OtherClients(unit, driver);
  let transaction: OpenTransaction | undefined;
  let nesting: Nesting | undefined;
  let isBeginning = false;
  /** Undefined where what is left is not to be kept. */
  const failureOf = ({ failed = false }: AfterTest): Failure | undefined =>
    options.keep && failed ? { test: failed === true ? undefined : failed, repeat: shake?.repeat } : undefined;
  const reset = async (failure: Failure | undefined): Promise<void> => {
    await resetUnit(control, open, ensureHome, failure);
    await others.renew();
    await shake?.apply(control, unit);
  };
  const disposeOnce = async (after: AfterTest): Promise<void> => {
    if (areReplaced()) {
      await assertTimersRun("dispose()").catch((error: unknown) => {
        disposed = undefined;
        throw error;
      });
    }
    const phases = new Phases();
    try {
      await Promise.all([transaction?.rollback({ checkDeferred: false }).catch(() => {}), others.close()]);
      await disposeUnit(control, open, { ...options, keep: options.keep === true, failure: failureOf(after) });
    } finally {
      control.release();
      phases.end("dispose");
      publish({ type: "disposed", name, isolation, phases: phases.taken });
    }
  };
  let disposed: Promise<void> | undefined;
  const dispose = (after: AfterTest = {}): Promise<void> => (disposed ??= uncaptured(() => disposeOnce(after)));
  const whileOpen = async <T>(call: Call, work: () => Promise<T>): Promise<T> => {
    if (!disposed && areReplaced()) await assertTimersRun(`${call}()`);
    if (!disposed) return work();
    throw new TestDbError(CODE_OF[call], {
      what: `The ${isolation} ${name} was disposed of`,
      next: "await what a test does before its unit is disposed of, or take another unit: await withTestDb(…)",
    });
  };
  /** What runs no code of the test's. */
  const quietly = <T>(call: Call, work: () => Promise<T>): Promise<T> => uncaptured(() => whileOpen(call, work));
  let running: Promise<unknown> | undefined;
  /** What brings the unit back follows what does so already: each would wait for the other's locks. */
  const inTurn = <T>(call: Call, work: () => Promise<T>): Promise<T> => {
    const done = running ? running.then(() => quietly(call, work)) : quietly(call, work);
    const settled = done
      .catch(() => {})
      .then(() => {
        if (running === settled) running = undefined;
      });
    running = settled;
    return done;
  };
  const handle: Omit<TestDbHandle<Db, Client>, "url"> = {
    ...{ db, client, isolation },
    schemaName: isolation === "schema" ? name : null,
    databaseName: unit.target.database,
    reset: (after = {}) =>
      inTurn("reset", async () => {
        if (transaction) throw stillOpen("RESET_FAILED", unit);
        await reset(failureOf(after));
        open.connection.forgetAsked();
      }),
    truncate: (tables) =>
      inTurn("truncate", async () => {
        if (transaction) throw stillOpen("RESET_FAILED", unit, "await its rollback(), which undoes what was written");
        // what is rarely needed is loaded when it is
        const { truncateUnit } = await import("./unit/truncate.ts");
        const refilled = await truncateUnit(control, open, tables);
        await shake?.apply(control, unit, refilled);
        if (tables === undefined) open.connection.forgetAsked();
      }),
    rollback: (use) => whileOpen("rollback", () => rolledBack(db, checkDeferred, use)),
    begin: () =>
      quietly("begin", async () => {
        if (transaction || isBeginning) throw stillOpen("ROLLBACK_FAILED", unit);
        isBeginning = true;
        const { connection } = open;
        const begun = await beginTransaction(connection).finally(() => (isBeginning = false));
        transaction = begun;
        nesting = new Nesting();
        const rollback = async (after: AfterTest): Promise<void> => {
          if (transaction === begun) transaction = undefined;
          const failure = failureOf(after);
          // what was written before the test is there for the tests that follow
          if (!failure || connection.wasAsked()) return begun.rollback({ checkDeferred });
          await begun.commit();
          await reset(failure);
        };
        return { db, rollback: (after = {}) => uncaptured(() => rollback(after)) };
      }),
    as: (identity, use) =>
      whileOpen("as", () => runAs(db, identity, use, { nesting: transaction && nesting, schema: handle.schemaName })),
    connect: () => quietly("connect", () => others.connect()),
    dispose,
    [Symbol.asyncDispose]: () => dispose(),
  };
  const url = (): string => targetUrl(unit.target, unit.settings);
  return Object.defineProperty(handle, "url", { get: url, enumerable: false }) as TestDbHandle<Db, Client>;
}

/** Calls that need the unit, and their code where it is gone. */
const CODE_OF = {
  reset: "RESET_FAILED",
  truncate: "RESET_FAILED",
  rollback: "ROLLBACK_FAILED",
  begin: "ROLLBACK_FAILED",
  as: "UNIT_GONE",
  connect: "UNIT_GONE",
} as const;
type Call = keyof typeof CODE_OF;

const stillOpen = (
  code: "RESET_FAILED" | "ROLLBACK_FAILED",
  { isolation, name }: Unit,
  next = "await its rollback() before reset(), or another begin()",
): TestDbError =>
  new TestDbError(code, {
    what: `The transaction that begin() began in the ${isolation} ${name} is still open`,
    next,
  });
