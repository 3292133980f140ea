import { afterEach, describe, expect, it, vi } from "vitest";
import type { TestDb } from "../../src/index.ts";
import { HeldHooks, useUnit } from "../../src/runners/lifecycle.ts";

const FLAG = "TEST_DB_IT_THAT_NOBODY_SETS";
const open = vi.fn<() => Promise<TestDb>>();
const take = (): Promise<TestDb> => useUnit(new HeldHooks(undefined), open, { flag: FLAG });

describe("a unit where the flag is off", () => {
  afterEach(() => expect(open).not.toHaveBeenCalled());

  it("lets a skipped suite hand its db and client on", async () => {
    const { db, client } = await take();
    expect(() => String(typeof db) + typeof client).not.toThrow();
    expect(await Promise.resolve(db)).toBe(db);
  });

  it.each<[string, (testDb: TestDb) => unknown]>([
    ["testDb.url", ({ url }) => url],
    ["testDb.reset", (testDb) => testDb.reset()],
    ["testDb.constructor", (testDb) => testDb.constructor],
    ["testDb.db.insert", ({ db }) => db.insert],
    ["testDb.db.query", ({ db }) => db.query],
    ["testDb.client", ({ client }) => client`select 1`],
    ["testDb.client.unsafe", ({ client }) => client.unsafe("select 1")],
  ])("fails by name where %s is used", async (used, use) => {
    const testDb = await take();
    expect(() => use(testDb)).toThrow(`${used} was used, but ${FLAG} is not set.`);
  });
});
