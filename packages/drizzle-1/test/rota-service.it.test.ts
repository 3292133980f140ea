import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { withTestDb as withTestDbOnPg } from "with-test-db/pg";
import { relations } from "../src/relations.ts";
import { RotaService } from "../src/rota-service.ts";
import { engineers, rotations, shifts } from "../src/schema.ts";

const migrationsFolder = fileURLToPath(new URL("../drizzle", import.meta.url));
const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));

describe.skipIf(!isIntegrationEnabled())("RotaService (real Postgres)", () => {
  let testDb: TestDb<typeof relations>;
  let service: RotaService;
  beforeAll(async () => {
    testDb = await withTestDb({ relations, migrationsFolder });
    service = new RotaService(testDb.db);
    const { db } = testDb;
    await db
      .insert(engineers)
      .values([{ handle: "ada" }, { handle: "bob" }, { handle: "eve", reach: { chat: "#eve" } }]);
    await db.update(rotations).set({ fallbackId: 3 });
    await db.insert(shifts).values([
      { rotationId: 1, engineerId: 2, level: "secondary", startsAt: at(8), endsAt: at(12) },
      { rotationId: 1, engineerId: 1, startsAt: at(8), endsAt: at(10) },
      { rotationId: 1, engineerId: 1, startsAt: at(11), endsAt: at(12) },
    ]);
  });
  afterAll(async () => {
    await testDb.dispose();
  });

  it.each([
    [8, ["ada", "bob"]],
    [10, ["bob"]],
    [11, ["ada", "bob"]],
    [12, ["eve"]],
  ])("calls, at %i, %j: a shift's end is not in it", async (hour, handles) => {
    expect(await service.onCall("default", at(hour))).toEqual(handles);
  });

  it("calls nobody for a rotation that there is not", async () => {
    expect(await service.onCall("nowhere", at(8))).toEqual([]);
  });

  it("adds up hours, and knows who has none", async () => {
    expect(await Promise.all([1, 2, 3].map((id) => service.hours(id)))).toEqual([3, 4, 0]);
  });

  it("lets nobody carry two pagers at once", async () => {
    const [other] = await testDb.db.insert(rotations).values({ name: "other" }).returning();
    const overlap = { rotationId: other?.id ?? 0, engineerId: 1, startsAt: at(9), endsAt: at(10) };
    await expect(testDb.db.insert(shifts).values(overlap)).rejects.toMatchObject({
      cause: { code: "23P01", message: expect.stringContaining("shifts_one_at_a_time") },
    });
  });

  it("works on node-postgres as it does on postgres.js", async () => {
    await withTestDbOnPg({ relations, migrationsFolder }, async ({ db }) => {
      await db.insert(engineers).values({ handle: "zoe" });
      await db.update(rotations).set({ fallbackId: 1 });
      expect(await new RotaService(db).onCall("default", at(0))).toEqual(["zoe"]);
    });
  });
});
