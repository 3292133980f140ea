import { beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { backendPid, blockUntilWaiting, killConnection, race } from "with-test-db/seams";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../src/schema/index.ts";
import { WaitLockService } from "../src/wait-lock-service.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

// several connections have a part in most of these tests: nothing that one transaction could hold
const testDb = await useTestDb({ schema, migrationsFolder, between: "truncate" });

describe.skipIf(!isIntegrationEnabled())("WaitLockService (real Postgres)", () => {
  const { db } = testDb;
  const service = new WaitLockService(db);

  beforeEach(() => make.systems.create(db, { id: "api" }));

  it("gives the row to exactly one of two that delete it at once", async () => {
    for (let round = 0; round < 10; round++) {
      const waitLock = await service.create({ systemId: "api", version: `1.${round}` });
      const { values, errors } = await race(testDb, 2, (db) => new WaitLockService(db).delete(waitLock.id));
      expect(errors).toEqual([]);
      expect(values.filter((row) => row !== undefined)).toEqual([waitLock]);
    }
  });

  it("gives it to the second where the first does not commit", async () => {
    const { id } = await service.create({ systemId: "api", version: "2.0" });
    await using other = await testDb.connect();
    let second: Promise<unknown> | undefined;
    const first = testDb.db.transaction(async (tx) => {
      await new WaitLockService(tx).delete(id);
      second = new WaitLockService(other.db).delete(id);
      const [waiting] = await blockUntilWaiting(testDb);
      expect(waiting).toMatchObject({ blockedBy: [await backendPid(tx)] });
      await killConnection(testDb, tx);
    });
    await expect(first).rejects.toThrow();
    expect(await second).toMatchObject({ id, version: "2.0" });
  });

  it("makes one row of one reference that several add at once, which the lookup finds", async () => {
    const { id } = await make.waitLocks.create(db);
    await make.waitLockRefs.create(db, { ref: "TICKET-2" });
    const { values, errors } = await race(testDb, 8, (db) =>
      new WaitLockService(db).addRef({ waitLockId: id, ref: "TICKET-1" }),
    );
    expect(errors).toEqual([]);
    expect(values.filter((isNew) => isNew)).toHaveLength(1);
    expect(await db.$count(schema.waitLockRefs)).toBe(2);
    expect((await service.findByRefs(["TICKET-0", "TICKET-1"])).map((found) => found.id)).toEqual([id]);
  });

  it("finds what waits for one of several, once, and nothing for none", async () => {
    const first = await make.waitLocks.create(db);
    const second = await make.waitLocks.create(db);
    const third = await make.waitLocks.create(db);
    for (const [waitLockId, ref] of [
      [first.id, "a"],
      [first.id, "b"],
      [second.id, "b"],
      [third.id, "c"],
    ] as const)
      await make.waitLockRefs.create(db, { waitLockId, ref });
    const found = async (refs: string[]) => (await service.findByRefs(refs)).map(({ id }) => id);
    expect(await found(["a", "b"])).toEqual([first.id, second.id]);
    expect(await found(["c", "d"])).toEqual([third.id]);
    expect(await found(["d"])).toEqual([]);
    expect(await found([])).toEqual([]);
    await service.delete(first.id);
    expect(await found(["a", "b"])).toEqual([second.id]);
  });

  it("finds it by indexes", async () => {
    await expect(() => service.findByRefs(["a", "b"])).toBeServedByAnIndex(db);
  });
});
