/** What shows only between connections, with either driver and either line of Drizzle. */
import { AssertionError } from "node:assert";
import { describe, expect, it, vi } from "vitest";
import type { TestDbHandle } from "../../src/test-db.ts";
import { type AnyDb, codeFrom, type Subject } from "../drivers/conformance.ts";
import { MIGRATIONS, makeTables } from "../drivers/tables.ts";

/** As the entry that the suite was imported with has them. */
export type Seams = Pick<
  typeof import("../../src/seams.ts"),
  "race" | "killConnection" | "backendPid" | "blockUntilWaiting" | "advisoryLockHolders"
>;

export function seamsConformance<Client>(subject: Subject<Client>, seams: Seams): void {
  const { race, killConnection, backendPid, blockUntilWaiting, advisoryLockHolders } = seams;
  const { sql, eq } = subject.orm;
  const tables = makeTables(subject.core);
  const { owners, cats } = tables;
  const migrationsFolder = subject.migrationsFolder(MIGRATIONS);
  const withUnit = async (
    use: (testDb: TestDbHandle<AnyDb, Client>) => Promise<void>,
    options: { isolation?: "schema" | "database"; client?: object } = {},
  ): Promise<void> => {
    const testDb = await subject.withTestDb({ migrationsFolder, ...subject.typedBy(tables), ...options });
    try {
      await use(testDb);
    } finally {
      await testDb.dispose();
    }
  };
  const sessionsOf = async (testDb: TestDbHandle<AnyDb, Client>): Promise<number> => {
    const name = testDb.schemaName ?? testDb.databaseName;
    const count = `select count(*)::int as n from pg_stat_activity where application_name = '${name}'`;
    return Number((await subject.query(testDb.client, count))[0]?.["n"]);
  };

  describe("race()", () => {
    it("runs each operation on a connection of its own, at the same time, and gives results in order", () =>
      withUnit(async (testDb) => {
        // each waits for all others: one after the other they would wait for ever
        const meet = async (db: AnyDb, index: number, client: Client): Promise<[number, unknown]> => {
          await db.insert(owners).values({ name: `${index}` });
          const here = sql`select count(*)::int as n from ${owners} where name ~ '^[0-9]$'`;
          const seen = async () => Object.values([await db.execute(here)].flat()[0] as object).flat();
          await vi.waitUntil(async () => JSON.stringify(await seen()).includes("4"), { timeout: 10_000, interval: 5 });
          return [index, await backendPid(client as never)];
        };
        const { results, values, errors } = await race(testDb, 4, meet);
        expect(errors).toEqual([]);
        expect(values.map(([index]) => index)).toEqual([0, 1, 2, 3]);
        expect(new Set(values.map(([, pid]) => pid)).size).toBe(4);
        expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => "fulfilled"));
      }));

    it("lets exactly one of two deletes have the row", () =>
      withUnit(async (testDb) => {
        for (let round = 0; round < 10; round++) {
          const [row] = await testDb.db.insert(owners).values({ name: "Claimed" }).returning();
          const { values } = await race(testDb, 2, (db) =>
            db
              .delete(owners)
              .where(eq(owners.id, row?.id ?? 0))
              .returning(),
          );
          expect(values.flat()).toEqual([row]);
        }
      }));

    it("keeps what an operation throws beside what the others return, also where it throws at once", () =>
      withUnit(async (testDb) => {
        const { results, values, errors } = await race(testDb, 3, (db, index) => {
          if (index === 0) throw new Error("at once");
          return db.insert(owners).values({ name: "Twin" }).returning({ name: owners.name }).execute();
        });
        expect(values).toEqual([[{ name: "Twin" }]]);
        expect(errors[0]).toEqual(new Error("at once"));
        expect(await codeFrom(Promise.reject(errors[1]))).toBe("23505");
        expect(results[0]).toMatchObject({ status: "rejected", reason: errors[0] });
        expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      }));

    it("closes its connections, and opens none of them where the unit is gone", () =>
      withUnit(async (testDb) => {
        await testDb.db.$count(owners);
        const before = await sessionsOf(testDb);
        await race(testDb, 3, (db) => db.$count(owners));
        await vi.waitFor(async () => expect(await sessionsOf(testDb)).toBe(before), { timeout: 10_000 });
        await testDb.dispose();
        await expect(race(testDb, 2, () => 1)).rejects.toMatchObject({ code: "UNIT_GONE" });
      }));

    it("is outside of begin(), and sees what was committed", () =>
      withUnit(async (testDb) => {
        const transaction = await testDb.begin();
        await testDb.db.insert(owners).values({ name: "Inside" });
        const { values } = await race(testDb, 2, (db) => db.$count(owners));
        expect(values).toEqual([1, 1]);
        await transaction.rollback();
      }));

    it.each([0, -1, 1.5, Number.NaN, "2"])("refuses %j operations", (count) =>
      withUnit(async (testDb) => {
        await expect(race(testDb, count as number, () => 1)).rejects.toMatchObject({ code: "OPTION_INVALID" });
      }),
    );

    it("runs under fake timers", () =>
      withUnit(async (testDb) => {
        vi.useFakeTimers();
        try {
          expect((await race(testDb, 2, (db) => db.$count(owners))).values).toEqual([1, 1]);
        } finally {
          vi.useRealTimers();
        }
      }));
  });

  describe("killConnection()", () => {
    it("ends a transaction, whose rows and locks go with it", () =>
      withUnit(async (testDb) => {
        const other = await testDb.connect();
        let went: unknown;
        const transaction = other.db.transaction(async (tx) => {
          await tx.update(owners).set({ name: "Lost" });
          const pid = await backendPid(tx);
          expect(await killConnection(testDb, tx)).toBe(pid);
          went = await codeFrom(tx.select({ id: owners.id }).from(owners));
          throw new Error("the service noticed");
        });
        expect(await codeFrom(transaction)).not.toBe("it did not fail");
        expect(went).not.toBe("it did not fail");
        await testDb.db.update(owners).set({ mood: "cross" });
        expect(await testDb.db.select().from(owners)).toEqual([{ id: 1, name: "Ada", mood: "cross" }]);
        expect(await other.db.$count(owners)).toBe(1);
      }));

    it("ends one that is busy, by its number", () =>
      withUnit(
        async (testDb) => {
          const other = await testDb.connect();
          const pid = await backendPid({ client: other.client as never });
          const busy = codeFrom(subject.query(other.client, "select pg_sleep(60)"));
          await vi.waitFor(async () => expect(await activeIn(testDb, pid)).toBe("active"), { timeout: 10_000 });
          await killConnection(testDb, pid);
          expect(await busy).toMatch(/57P01|CONNECTION_CLOSED|terminated/);
          expect(await activeIn(testDb, pid)).toBeUndefined();
          expect(await other.db.$count(owners)).toBe(1);
        },
        { client: subject.options(2, 0) },
      ));

    it("ends what is idle in a transaction, or idle, without an error that nobody handles", () =>
      withUnit(async (testDb) => {
        const other = await testDb.connect();
        await subject.leaveOpen(other.client, "select pg_advisory_xact_lock(7)");
        const [holder = 0, ...more] = await advisoryLockHolders(testDb);
        expect(more).toEqual([]);
        await killConnection(testDb, holder);
        expect(await advisoryLockHolders(testDb)).toEqual([]);
        for (let round = 0; round < 5; round++) {
          const idle = await killConnection(testDb, testDb.db);
          expect(await testDb.db.$count(owners)).toBe(1);
          expect(await backendPid(testDb.client as never)).not.toBe(idle);
        }
      }));

    it("touches no connection but the unit's", () =>
      withUnit((testDb) =>
        withUnit(
          async (stranger) => {
            const pid = await backendPid(stranger.db);
            for (const given of [pid, 0, -1, Number.NaN, "1 or true" as never])
              await expect(killConnection(testDb, given)).rejects.toMatchObject({ code: "OPTION_INVALID" });
            expect(await backendPid(stranger.db)).toBe(pid);
          },
          { client: subject.options(1, 0) },
        ),
      ));
  });

  describe("blockUntilWaiting()", () => {
    it.each(["schema", "database"] as const)("sees who waits for a row, and whom for, in a %s", (isolation) =>
      withUnit(
        async (testDb) => {
          const other = await testDb.connect();
          let update: Promise<unknown> | undefined;
          let holder = 0;
          const waiting = await testDb.db.transaction(async (tx) => {
            holder = await backendPid(tx);
            await tx.update(owners).set({ mood: "cross" });
            update = other.db.update(owners).set({ name: "Eve" }).execute();
            return blockUntilWaiting(testDb);
          });
          expect(waiting).toEqual([
            {
              pid: expect.any(Number),
              query: expect.stringMatching(/^update "owners" set "name" = /),
              lock: "transactionid",
              mode: "ShareLock",
              blockedBy: [holder],
            },
          ]);
          await update;
          expect(await testDb.db.select().from(owners)).toEqual([{ id: 1, name: "Eve", mood: "cross" }]);
        },
        { isolation },
      ),
    );

    it("waits for several, and for a certain one", () =>
      withUnit(async (testDb) => {
        const [first, second] = [await testDb.connect(), await testDb.connect()];
        const pid = await backendPid(second.client as never);
        const lock = sql`select pg_advisory_xact_lock(42)`;
        const queries: Promise<unknown>[] = [];
        await testDb.db.transaction(async (tx) => {
          await tx.execute(lock);
          queries.push(subject.query(first.client, "select pg_advisory_xact_lock(42)"));
          await blockUntilWaiting(testDb);
          await expect(blockUntilWaiting(testDb, { pid, deadline: 50 })).rejects.toBeInstanceOf(AssertionError);
          queries.push(subject.query(second.client, "select pg_advisory_xact_lock(42)"));
          expect(await blockUntilWaiting(testDb, { pid })).toMatchObject([{ pid, lock: "advisory" }]);
          expect(await blockUntilWaiting(testDb, { connections: 2 })).toHaveLength(2);
          await expect(blockUntilWaiting(testDb, { connections: 3, deadline: 50 })).rejects.toThrow(
            /3 connections of \w+ should have waited for a lock within 50 ms\. Its connections:\n/,
          );
        });
        await Promise.all(queries);
      }));

    it("says what the connections did where none waited", () =>
      withUnit(async (testDb) => {
        await testDb.db.select({ id: cats.id }).from(cats);
        const error: unknown = await blockUntilWaiting(testDb, { deadline: 20 }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(AssertionError);
        expect(error).toMatchObject({
          message: expect.stringContaining("a query of Drizzle's begins when it is awaited"),
          expected: ["1 connection waits"],
          actual: [expect.stringMatching(/^\d+ idle: select "id" from "cats"$/)],
        });
      }));

    it("does not wait for what another unit waits for", () =>
      withUnit((testDb) =>
        withUnit(async (stranger) => {
          const other = await stranger.connect();
          let waiting: Promise<unknown> | undefined;
          await stranger.db.transaction(async (tx) => {
            await tx.update(owners).set({ mood: "cross" });
            waiting = other.db.update(owners).set({ mood: "calm" }).execute();
            await blockUntilWaiting(stranger);
            await expect(blockUntilWaiting(testDb, { deadline: 50 })).rejects.toBeInstanceOf(AssertionError);
          });
          await waiting;
        }),
      ));

    it("waits and gives up under fake timers", () =>
      withUnit(async (testDb) => {
        vi.useFakeTimers();
        try {
          await expect(blockUntilWaiting(testDb, { deadline: 50 })).rejects.toBeInstanceOf(AssertionError);
        } finally {
          vi.useRealTimers();
        }
      }));

    it.each([{ deadline: 0 }, { connections: 1.5 }, { pid: "1" as never }])("refuses %j", (options) =>
      withUnit(async (testDb) => {
        await expect(blockUntilWaiting(testDb, options)).rejects.toMatchObject({ code: "OPTION_INVALID" });
      }),
    );
  });

  async function activeIn(testDb: TestDbHandle<AnyDb, Client>, pid: number): Promise<unknown> {
    return (await subject.query(testDb.client, `select state from pg_stat_activity where pid = ${pid}`))[0]?.["state"];
  }
}
