/** What `begin()` owes its users under every driver and line of Drizzle: all that the application does is in one transaction. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inSession } from "../../src/connections/session.ts";
import { forgetKept } from "../../src/kept/kept-notes.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import type { TestDbHandle, Transaction } from "../../src/test-db.ts";
import { dropUnit } from "../../src/unit/drop-unit.ts";
import { testTarget } from "../support/target.ts";
import { type AnyDb, codeFrom, type Options, type Subject } from "./conformance.ts";
import type { Tables } from "./tables.ts";

export function beginConformance<Client>(
  subject: Subject<Client>,
  { owners }: Tables,
  open: (options?: Partial<Options<Client>>) => Promise<TestDbHandle<AnyDb, Client>>,
): void {
  const { sql, eq } = subject.orm;
  const add = (db: AnyDb, name: string) => db.insert(owners).values({ name });
  const names = async (db: AnyDb): Promise<string[]> =>
    (await db.select({ name: owners.name }).from(owners).orderBy(owners.id)).map(({ name }) => name);

  describe("begin()", () => {
    let testDb: TestDbHandle<AnyDb, Client>;
    let db: AnyDb;
    let prepared: { execute(): PromiseLike<{ name: string }[]> };
    let transaction: Transaction<AnyDb>;
    beforeAll(async () => {
      testDb = await open();
      db = testDb.db;
      // as an application does when its modules load
      prepared = db.select({ name: owners.name }).from(owners).where(eq(owners.name, "Bob")).prepare("by_name");
    });
    beforeEach(async () => {
      transaction = await testDb.begin();
    });
    afterEach(async () => {
      await transaction.rollback().catch(() => {});
      expect(await names(testDb.db)).toEqual(["Ada"]);
    });
    afterAll(() => testDb?.dispose());

    it("has inside whatever goes through a db, a prepared statement or a client that was there before", async () => {
      expect(transaction.db).toBe(db);
      await add(db, "Bob");
      expect(await prepared.execute()).toEqual([{ name: "Bob" }]);
      expect(await subject.query(testDb.client, "select name from owners order by id")).toEqual([
        { name: "Ada" },
        { name: "Bob" },
      ]);
      const other = subject.connect(testDb.url);
      expect(await subject.query(other.client, "select name from owners")).toEqual([{ name: "Ada" }]);
      await other.end();
      await transaction.rollback();
      expect(await prepared.execute()).toEqual([]);
      expect(await names(db)).toEqual(["Ada"]);
    });

    it("undoes nothing but the statement that fails, also beside others", async () => {
      const all = [add(db, "Bob"), add(db, "Bob"), add(db, "Eve"), db.execute(sql`select 1 / 0`), add(db, "Zoe")];
      expect(await Promise.all(all.map(codeFrom))).toEqual([OK, "23505", OK, "22012", OK]);
      expect(await names(db)).toEqual(["Ada", "Bob", "Eve", "Zoe"]);
    });

    it("has transactions be savepoints: kept, undone, nested, and left for the db outside", async () => {
      await db.transaction((tx) => add(tx, "Bob"));
      const undone = db.transaction(async (tx) => {
        await add(tx, "Eve");
        await tx.transaction((deep) => add(deep, "Deep"));
        expect(await codeFrom(tx.transaction((deep) => add(deep, "Deep")))).toBe("23505");
        expect(await names(tx)).toEqual(["Ada", "Bob", "Eve", "Deep"]);
        // an application that forgets to use its transaction waits for nobody
        expect(await names(db)).toEqual(["Ada", "Bob", "Eve", "Deep"]);
        throw new Error("enough");
      });
      await expect(undone).rejects.toThrow("enough");
      expect(await names(db)).toEqual(["Ada", "Bob"]);
    });

    it("undoes a transaction in which a statement failed, whatever the application makes of the failure", async () => {
      const work = db.transaction(async (tx) => {
        await add(tx, "Bob");
        await codeFrom(tx.execute(sql`select 1 / 0`));
        return codeFrom(add(tx, "Eve"));
      });
      // node-postgres says nothing, as at any COMMIT after a failure
      expect(["22012", "25P02"]).toContain(await work.then(String, (error) => codeFrom(Promise.reject(error))));
      expect(await names(db)).toEqual(["Ada"]);
      await add(db, "Zoe");
      expect(await names(db)).toEqual(["Ada", "Zoe"]);
    });

    it("keeps transactions that run side by side, whichever ends first", async () => {
      const [both, second, first] = [meeting(), meeting(), meeting()];
      const one = db.transaction(async (tx) => {
        await add(tx, "One");
        await both.arrive();
        await first.arrive();
        await add(tx, "More of one");
      });
      const two = db.transaction(async (tx) => {
        await add(tx, "Two");
        await both.arrive();
        await second.arrive();
      });
      void first.arrive();
      await one;
      void second.arrive();
      await two;
      expect((await names(db)).sort()).toEqual(["Ada", "More of one", "One", "Two"]);
    });

    it("refuses to undo one of two transactions that ran side by side", async () => {
      const both = meeting();
      const one = db.transaction(async (tx) => {
        await add(tx, "One");
        await both.arrive();
        await add(tx, "More of one");
        throw new Error("enough");
      });
      const two = db.transaction(async (tx) => {
        await add(tx, "Two");
        await both.arrive();
        await add(tx, "More of two");
      });
      const failures = (await Promise.allSettled([one, two])).filter(({ status }) => status === "rejected");
      const reasons = failures.map((failure) => wordsOf((failure as PromiseRejectedResult).reason));
      expect(reasons.join()).toContain("A transaction was rolled back while others wrote");
      expect(reasons.join()).toContain('between: "reset"');
      // whoever was told of it in the application
      await expect(transaction.rollback()).rejects.toThrow("A transaction was rolled back while others wrote");
    });

    it("refuses to undo what was written beside a transaction that is rolled back, and only that", async () => {
      const reading = db.transaction(async (tx) => {
        await add(tx, "Bob");
        await names(db);
        throw new Error("enough");
      });
      await expect(reading).rejects.toThrow("enough");
      const writing = db.transaction(async (tx) => {
        await add(tx, "Bob");
        await add(db, "Audit");
        throw new Error("enough");
      });
      await expect(writing).rejects.toThrow();
      await expect(transaction.rollback()).rejects.toMatchObject({
        code: "ROLLBACK_FAILED",
        message: expect.stringContaining("A transaction was rolled back while others wrote"),
      });
    });

    it("checks deferred constraints, unless told not to", async () => {
      const deferred = "create table d (id integer unique deferrable initially deferred)";
      await subject.query(testDb.client, `${deferred}; insert into d values (1), (1)`);
      await expect(transaction.rollback()).rejects.toMatchObject({
        code: "ROLLBACK_FAILED",
        message: expect.stringMatching(/A deferred constraint does not hold.*duplicate key.*checkDeferred: false/s),
      });
      await expect(
        testDb.rollback(async (tx) => {
          await tx.execute(sql.raw(deferred));
          await tx.execute(sql`insert into d values (1), (1)`);
        }),
      ).rejects.toMatchObject({ code: "ROLLBACK_FAILED", message: expect.stringContaining("A deferred constraint") });
      const lenient = await open({ checkDeferred: false });
      const unchecked = await lenient.begin();
      await subject.query(lenient.client, `${deferred}; insert into d values (1), (1)`);
      await unchecked.rollback();
      await lenient
        .rollback((tx) => tx.execute(sql.raw(`${deferred}; insert into d values (1), (1)`)) as never)
        .catch(() => {});
      await lenient.dispose();
    });

    it("lets a COMMIT of one's own end nothing, or says so", async () => {
      const isIgnored = subject.declares.ownCommits === "ignored";
      if (isIgnored) await add(db, "Bob");
      await subject.query(testDb.client, "select 1; commit");
      if (isIgnored) return;
      await expect(transaction.rollback()).rejects.toMatchObject({
        code: "ROLLBACK_FAILED",
        message: expect.stringContaining("ended from inside"),
      });
    });

    it("refuses queries of a transaction that was rolled back under them", async () => {
      const [inside, after] = [meeting(), meeting()];
      const late = db.transaction(async (tx) => {
        await inside.arrive();
        await after.arrive();
        await add(tx, "Late");
      });
      const failure = expect(late).rejects.toThrow();
      await inside.arrive();
      await transaction.rollback();
      await after.arrive();
      await failure;
      expect(await names(db)).toEqual(["Ada"]);
    });

    it("is one at a time, and is over before reset()", async () => {
      await expect(testDb.begin()).rejects.toMatchObject({ code: "ROLLBACK_FAILED" });
      const other = await open();
      const [first, second] = await Promise.allSettled([other.begin(), other.begin()]);
      expect([first.status, second.status]).toEqual(["fulfilled", "rejected"]);
      await other.dispose();
      await expect(testDb.reset()).rejects.toMatchObject({ code: "RESET_FAILED" });
      expect(await testDb.rollback((tx) => add(tx, "Bob").then(() => names(tx)))).toEqual(["Ada", "Bob"]);
      await transaction.rollback();
      await testDb.reset();
      transaction = await testDb.begin();
      await add(db, "Bob");
    });
  });

  it("waits for a connection only as long as a test can", async () => {
    const testDb = await open({ client: subject.options(1, 0) });
    await subject.leaveOpen(testDb.client, "select 1");
    await expect(testDb.begin()).rejects.toMatchObject({
      code: "ROLLBACK_FAILED",
      message: expect.stringContaining("No connection was free for a transaction within 4 s"),
    });
    await testDb.dispose();
  });

  it("keeps what a failed test wrote, but not at the price of what was there before", async () => {
    const testDb = await open({ keep: "on-failure", label: "keeping" });
    const run = async (): Promise<void> => {
      const transaction = await testDb.begin();
      await add(testDb.db, "Bob");
      await transaction.rollback({ failed: true });
    };
    await run();
    expect(await names(testDb.db)).toEqual(["Ada"]);
    await add(testDb.db, "Fixture");
    await run();
    expect(await names(testDb.db)).toEqual(["Ada", "Fixture"]);
    const kept = await dropKept(onDatabase(await testTarget(), testDb.databaseName), "it_keeping_failed_");
    expect(kept).toEqual([["Ada", "Bob"]]);
    await testDb.dispose();
  });

  it.each(["schema", "database"] as const)("disposes of a %s whose transaction is still open", async (isolation) => {
    const testDb = await open({ isolation });
    await testDb.begin();
    await add(testDb.db, "Bob");
    await testDb.dispose();
  });
}

/** What is in kept schemas whose names begin so; they are dropped. */
const dropKept = (home: Target, prefix: string): Promise<string[][]> =>
  inSession(home, async (session) => {
    const units = await session.rows<{ name: string }>(
      "select name from with_test_db.unit where state = 'kept' and starts_with(name, $1::text)",
      [prefix],
    );
    const left: string[][] = [];
    for (const { name } of units) {
      const rows = await session.rows<{ name: string }>(`select name from ${ident(name)}.owners order by id`);
      left.push(rows.map((row) => row.name));
      await dropUnit(session, { name, isolation: "schema" });
      forgetKept(name);
    }
    return left;
  });

const OK = "it did not fail";

/** Those of an error and its causes: Drizzle has words of its own for a statement that fails. */
const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.message}; ${wordsOf(error.cause)}` : String(error);

/** A point that two wait for each other at. */
function meeting(): { arrive(): Promise<void> } {
  let count = 0;
  let go = (): void => {};
  const met = new Promise<void>((resolve) => {
    go = resolve;
  });
  return {
    arrive: () => {
      if (++count === 2) go();
      return met;
    },
  };
}
