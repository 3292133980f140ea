import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { ObjectiveService } from "../src/objective-service.ts";
import * as schema from "../src/schema/index.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("ObjectiveService (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: ObjectiveService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new ObjectiveService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  it("makes a service once and its objectives under it", async () => {
    const checkout = await service.define({ service: "shop", name: "checkout", target: "99.9" });
    const search = await service.define({ service: "shop", name: "search", target: "99.5", kind: "latency" });
    expect(search.serviceId).toBe(checkout.serviceId);
    expect(checkout).toMatchObject({ target: "99.900", budget: "0.100", periodDays: 30, kind: "availability" });
  });

  it("takes a name once per service in any case, and again when it is free", async () => {
    const first = await service.define({ service: "stock", name: "Count", target: "99" });
    await expect(service.define({ service: "stock", name: "COUNT", target: "99" })).rejects.toMatchObject({
      cause: { constraint_name: "objectives_live_name_key" },
    });
    await service.define({ service: "stock-archive", name: "Count", target: "99" });
    expect(await service.retire(first.id)).toBe(true);
    expect(await service.retire(first.id)).toBe(false);
    await service.define({ service: "stock", name: "COUNT", target: "99" });
    const status = await service.listStatus();
    const names = status.filter((row) => row.serviceName === "stock").map((row) => row.objectiveName);
    expect(names).toEqual(["COUNT"]);
  });

  it.each(["0", "100", "-1", "100.001"])("refuses the target %s", async (target) => {
    await expect(service.define({ service: "shop", name: "bad", target })).rejects.toMatchObject({
      cause: { constraint_name: "objectives_target_range" },
    });
  });

  it("begins with the policies that a trigger adds", async () => {
    const { id } = await service.define({ service: "mail", name: "delivery", target: "99.9" });
    await service.define({ service: "mail", name: "reading", target: "99.9" });
    expect(await service.listAlertPolicies(id)).toMatchObject([
      { objectiveId: id, longWindow: "01:00:00", shortWindow: "00:05:00", burnRate: "14.40" },
      { objectiveId: id, longWindow: "3 days", shortWindow: "06:00:00", burnRate: "1.00" },
    ]);
  });

  it("remembers former targets, the latest first, and no change that was none", async () => {
    const { id } = await service.define({ service: "maps", name: "tiles", target: "99" });
    const other = await service.define({ service: "maps", name: "routes", target: "99" });
    await service.setTarget(id, "99.5");
    await service.setTarget(id, "99.500");
    expect((await service.setTarget(id, "99.9"))?.budget).toBe("0.100");
    expect(await service.listFormerTargets(id)).toEqual(["99.500", "99.000"]);
    expect(await service.listFormerTargets(other.id)).toEqual([]);
  });

  it("reckons the budget over the period that ends now", async () => {
    const now = new Date("2025-06-30T00:00Z");
    const { id } = await service.define({ service: "pay", name: "cards", target: "99.9", periodDays: 30 });
    const neighbour = await service.define({ service: "pay", name: "invoices", target: "99.9" });
    await testDb.db.insert(schema.downtimeEvents).values([
      // ten minutes, of which five lie in the period
      { objectiveId: id, startedAt: new Date("2025-05-30T23:55Z"), endedAt: new Date("2025-05-31T00:05Z") },
      { objectiveId: id, startedAt: new Date("2025-06-29T23:50Z"), endedAt: null },
      { objectiveId: neighbour.id, startedAt: new Date("2025-06-01T00:00Z"), endedAt: new Date("2025-06-02T00:00Z") },
    ]);
    expect(await service.getBudget(id, { now })).toEqual({
      allowedSeconds: 2592,
      spentSeconds: 900,
      remainingSeconds: 1692,
      isExhausted: false,
    });
    expect((await service.getBudget(neighbour.id, { now }))?.isExhausted).toBe(true);
    expect(await service.getBudget("00000000-0000-4000-8000-00000000dead", { now })).toBeUndefined();
  });

  it("counts what is open now in the status, per objective", async () => {
    const { id } = await service.define({ service: "chat", name: "send", target: "99.9" });
    await service.define({ service: "chat", name: "read", target: "99.9" });
    const startedAt = new Date("2025-06-01T00:00Z");
    await testDb.db.insert(schema.downtimeEvents).values([
      { objectiveId: id, startedAt },
      { objectiveId: id, startedAt },
      { objectiveId: id, startedAt, endedAt: startedAt },
    ]);
    const chat = (await service.listStatus()).filter((row) => row.serviceName === "chat");
    expect(chat.map((row) => [row.objectiveName, row.openCount])).toEqual([
      ["read", 0],
      ["send", 2],
    ]);
  });

  it("sums up by the month, in UTC, when refreshed", async () => {
    const { id } = await service.define({ service: "video", name: "play", target: "99.9" });
    const objective = { objectiveId: id };
    await testDb.db.insert(schema.downtimeEvents).values([
      { ...objective, startedAt: new Date("2025-01-31T23:59Z"), endedAt: new Date("2025-02-01T00:01Z") },
      { ...objective, startedAt: new Date("2025-02-01T00:00Z"), endedAt: new Date("2025-02-01T00:01Z") },
      { ...objective, startedAt: new Date("2025-02-28T23:59Z"), endedAt: new Date("2025-02-28T23:59:30Z") },
      { ...objective, startedAt: new Date("2025-02-28T23:59Z"), endedAt: null },
    ]);
    expect(await service.listMonthlyDowntime(id)).toEqual([]);
    await service.refreshMonthlyDowntime();
    expect(await service.listMonthlyDowntime(id)).toEqual([
      { month: "2025-01-01", eventCount: 1, seconds: 120 },
      { month: "2025-02-01", eventCount: 2, seconds: 90 },
    ]);
  });

  it("gives the latest ratio of each indicator, null without traffic", async () => {
    const { id } = await service.define({ service: "feed", name: "fresh", target: "99", kind: "freshness" });
    const [reads, writes] = await testDb.db
      .insert(schema.indicators)
      .values([
        { objectiveId: id, name: "reads", query: "rate(reads[5m])" },
        { objectiveId: id, name: "writes", query: "rate(writes[5m])" },
        { objectiveId: id, name: "unsampled", query: "0" },
      ])
      .returning();
    if (reads === undefined || writes === undefined) throw new Error("no indicators");
    const [early, late] = [new Date("2025-06-01T00:00Z"), new Date("2025-06-01T00:05Z")];
    await testDb.db.insert(schema.indicatorSamples).values([
      { indicatorId: reads.id, sampledAt: late, good: 2, total: 3 },
      { indicatorId: reads.id, sampledAt: early, good: 3, total: 3 },
      { indicatorId: writes.id, sampledAt: late, good: 0, total: 0 },
    ]);
    expect(await service.getIndicatorRatios(id)).toEqual({ reads: "66.667", writes: null });
    const impossible = { indicatorId: reads.id, sampledAt: new Date(), good: 4, total: 3 };
    await expect(testDb.db.insert(schema.indicatorSamples).values(impossible)).rejects.toThrow();
  });

  it("keeps percentages of former targets in their domain", async () => {
    const { id } = await service.define({ service: "domain", name: "kept", target: "99" });
    const revision = { objectiveId: id, target: "101", periodDays: 30 };
    await expect(testDb.db.insert(schema.objectiveRevisions).values(revision)).rejects.toMatchObject({
      cause: { constraint_name: "percentage_check" },
    });
  });
});
