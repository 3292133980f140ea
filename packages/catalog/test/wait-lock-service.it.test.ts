import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { backendPid, blockUntilWaiting, killConnection, race } from "with-test-db/seams";
import * as schema from "../src/schema/index.ts";
import { WaitLockService } from "../src/wait-lock-service.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("WaitLockService (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: WaitLockService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new WaitLockService(testDb.db);
    await testDb.db.insert(schema.systems).values([
      { id: "api", name: "Api" },
      { id: "web", name: "Web" },
    ]);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  const refsOf = (waitLockId: number) =>
    testDb.db.select().from(schema.waitLockRefs).where(eq(schema.waitLockRefs.waitLockId, waitLockId));

  it("gives the row to exactly one of two that delete it at once", async () => {
    for (let round = 0; round < 20; round++) {
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
    const { id } = await service.create({ systemId: "web", version: "1.0" });
    const other = await service.create({ systemId: "web", version: "1.1" });
    await service.addRef({ waitLockId: other.id, ref: "TICKET-2" });
    const { values, errors } = await race(testDb, 8, (db) =>
      new WaitLockService(db).addRef({ waitLockId: id, ref: "TICKET-1" }),
    );
    expect(errors).toEqual([]);
    expect(values.filter((isNew) => isNew)).toHaveLength(1);
    expect(await refsOf(id)).toEqual([{ waitLockId: id, ref: "TICKET-1" }]);
    expect((await service.findByRefs(["TICKET-0", "TICKET-1"])).map((found) => found.id)).toEqual([id]);
  });

  it("finds what waits for one of several, once, and nothing for none", async () => {
    const [first, second, third] = [
      await service.create({ systemId: "web", version: "2.0" }),
      await service.create({ systemId: "web", version: "2.1" }),
      await service.create({ systemId: "web", version: "2.2" }),
    ];
    for (const [waitLockId, ref] of [
      [first.id, "a"],
      [first.id, "b"],
      [second.id, "b"],
      [third.id, "c"],
    ] as const)
      await service.addRef({ waitLockId, ref });
    const found = async (refs: string[]) => (await service.findByRefs(refs)).map(({ id }) => id);
    expect(await found(["a", "b"])).toEqual([first.id, second.id]);
    expect(await found(["c", "d"])).toEqual([third.id]);
    expect(await found(["d"])).toEqual([]);
    expect(await found([])).toEqual([]);
    await service.delete(first.id);
    expect(await found(["a", "b"])).toEqual([second.id]);
  });
});
