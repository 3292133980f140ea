/**
 * What an application does on its own, statement by statement and transaction by transaction, done inside of one transaction of
 * ours: a statement that fails undoes nothing but itself, and a transaction is a savepoint. Statements follow one another.
 */
import { TestDbError } from "../errors.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";

/** A transaction of the application's. */
export interface Scope {
  readonly savepoint: string;
  /** The transaction that this is a savepoint of, where the application said so. */
  readonly parent: Scope | undefined;
  state: "open" | "committed" | "ended";
  /** Whether another transaction ran statements while this one was open. */
  isOverlapped: boolean;
}

export class Savepoints {
  readonly #send: (statement: string) => Promise<unknown>;
  /** In the order in which they began. */
  readonly #open: Scope[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;
  #lost: TestDbError | undefined;
  #isOver = false;

  constructor(send: (statement: string) => Promise<unknown>) {
    this.#send = send;
  }

  /** Runs a statement after those before it: in a transaction of the application's, or on its own. */
  statement<Result>(run: () => Promise<Result>, scope?: Scope): Promise<Result> {
    return this.inTurn(async () => {
      if (scope) {
        this.#assertOpen(scope);
        for (const other of this.#open) other.isOverlapped ||= !isWithin(other, scope) && !isWithin(scope, other);
        return run();
      }
      const name = this.#name();
      await this.#send(`savepoint ${name}`);
      let result: Result;
      try {
        result = await run();
      } catch (error) {
        // where the transaction was ended from inside, the end of the test says so
        await this.#undo(name).catch(() => {});
        throw error;
      }
      await this.#send(`release savepoint ${name}`).catch(() => {});
      if (isWrite(result)) for (const other of this.#open) other.isOverlapped = true;
      return result;
    });
  }

  begin(parent?: Scope): Promise<Scope> {
    return this.inTurn(async () => {
      if (parent) this.#assertOpen(parent);
      const scope: Scope = { savepoint: this.#name(), parent, state: "open", isOverlapped: false };
      await this.#send(`savepoint ${scope.savepoint}`);
      this.#open.push(scope);
      return scope;
    });
  }

  /** @throws what Postgres says where a statement of the transaction had failed: what it did is undone then, as by a COMMIT */
  commit(scope: Scope): Promise<void> {
    return this.inTurn(async () => {
      this.#assertOpen(scope);
      scope.state = "committed";
      await this.#releaseCommitted();
    });
  }

  rollback(scope: Scope): Promise<void> {
    return this.inTurn(async () => {
      if (scope.state === "ended") return;
      this.#assertOpen(scope);
      await this.#undo(scope.savepoint);
      // the savepoints of those that began later are gone, too
      for (const ended of this.#open.splice(this.#open.indexOf(scope))) ended.state = "ended";
      await this.#releaseCommitted();
      if (!scope.isOverlapped) return;
      this.#lost ??= overlapped();
      throw this.#lost;
    });
  }

  /**
   * After everything that was asked before: nothing is sent any more.
   *
   * @throws TestDbError where something was undone that an application on its own would have kept, whoever was told of that
   */
  end(): Promise<void> {
    return this.inTurn(async () => {
      this.#isOver = true;
      if (this.#lost) throw this.#lost;
    });
  }

  /** A transaction that began later and is still open would be released along with one that is committed before. */
  async #releaseCommitted(): Promise<void> {
    for (let last = this.#open.at(-1); last?.state === "committed"; last = this.#open.at(-1)) {
      this.#open.pop();
      last.state = "ended";
      try {
        await this.#send(`release savepoint ${last.savepoint}`);
      } catch (error) {
        if (postgresError(error)?.code === SQLSTATE.inFailedTransaction) await this.#undo(last.savepoint);
        throw error;
      }
    }
  }

  async #undo(savepoint: string): Promise<void> {
    await this.#send(`rollback to savepoint ${savepoint}; release savepoint ${savepoint}`);
  }

  #assertOpen(scope: Scope): void {
    if (scope.state === "ended") throw overlapped();
  }

  /** Runs something after all that was asked before. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(() => {
      if (this.#isOver) throw isOver();
      return work();
    });
    this.#last = done.catch(() => {});
    return done;
  }

  #name(): string {
    return `with_test_db_${++this.#count}`;
  }
}

/** Whether a transaction is another one, or was begun within that one. */
const isWithin = (scope: Scope | undefined, other: Scope): boolean =>
  scope !== undefined && (scope === other || isWithin(scope.parent, other));

/** Whether a statement may have changed something, by the tag that Postgres answers with. */
const isWrite = (result: unknown): boolean => {
  const { command } = (result ?? {}) as { readonly command?: unknown };
  return typeof command === "string" && !/^(SELECT|SHOW|EXPLAIN|SET|DEALLOCATE|LISTEN)/.test(command);
};

const overlapped = (): TestDbError =>
  new TestDbError("ROLLBACK_FAILED", {
    what: "A transaction was rolled back while others wrote, and what they wrote is undone with it",
    why: "inside of the test's transaction they share one connection, where one can't be undone without the other",
    next: 'between: "reset" for code that writes beside a transaction, or whose transactions run side by side',
  });

const isOver = (): TestDbError =>
  new TestDbError("ROLLBACK_FAILED", {
    what: "A query came after the transaction of its test was rolled back",
    next: "await every query of a test before the test ends",
  });
