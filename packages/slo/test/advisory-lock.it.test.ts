import { beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { advisoryLockHolders, killConnection, race } from "with-test-db/seams";
import { useTestDb } from "with-test-db/vitest";
import { AdvisoryLock } from "../src/advisory-lock.ts";
import { migrationsFolder } from "./database.ts";

// keys are those of the whole database: units that are schemas would share them
const testDb = await useTestDb({ migrationsFolder, isolation: "database" });

describe.skipIf(!isIntegrationEnabled())("AdvisoryLock (real Postgres)", () => {
  const locks = new AdvisoryLock(testDb.client);
  let number = 0;
  let key: string;

  beforeEach(() => {
    key = `monthly report ${number++}`;
  });

  it("gives one key once at a time, and again after its release", async () => {
    const first = await locks.tryAcquire(key);
    expect(first).not.toBeNull();
    expect(await locks.tryAcquire(key)).toBeNull();
    const other = await locks.tryAcquire(`another than ${key}`);
    await first?.release();
    const third = await locks.tryAcquire(key);
    expect(third).not.toBeNull();
    await first?.release();
    expect(await locks.tryAcquire(key)).toBeNull();
    await Promise.all([third?.release(), other?.release()]);
    expect(await advisoryLockHolders(testDb)).toEqual([]);
  });

  it("gives it to one of two processes that ask at once", async () => {
    for (let round = 0; round < 10; round++) {
      let refuse = (): void => {};
      const refused = new Promise<void>((resolve) => {
        refuse = resolve;
      });
      const { values, errors } = await race(testDb, 2, async (_, index, client) => {
        const lock = await new AdvisoryLock(client).tryAcquire(`${key} ${round}`);
        // until the other one was refused, too
        if (lock) await refused;
        else refuse();
        await lock?.release();
        return lock ? index : null;
      });
      expect(errors).toEqual([]);
      expect(values.filter((index) => index !== null)).toHaveLength(1);
    }
  });

  it("frees it when the connection that holds it dies", async () => {
    const dying = await locks.tryAcquire(key);
    expect(await locks.tryAcquire(key)).toBeNull();
    const [holder = 0, ...more] = await advisoryLockHolders(testDb);
    expect(more).toEqual([]);
    await killConnection(testDb, holder);
    const next = await locks.tryAcquire(key);
    expect(next).not.toBeNull();
    await expect(dying?.release()).rejects.toThrow();
    expect(await locks.tryAcquire(key)).toBeNull();
    await next?.release();
  });
});
