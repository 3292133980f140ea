/** One service from end to end: create, read, update, delete, search, pages, transactions, versions, constraints. */
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { changes, countsOf } from "with-test-db/assertions";
import { race } from "with-test-db/seams";
import { useTestDb } from "with-test-db/vitest";
import { ObjectiveService } from "../src/objective-service.ts";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

const testDb = await useTestDb({ schema, migrationsFolder, between: "truncate" });

describe.skipIf(!isIntegrationEnabled())("ObjectiveService (real Postgres)", () => {
  const { db } = testDb;
  const service = new ObjectiveService(db);
  const nobody = "00000000-0000-4000-8000-00000000dead";

  describe("define", () => {
    it("makes a service once and its objectives under it", async () => {
      const checkout = await service.define({ service: "shop", name: "checkout", target: "99.9" });
      const search = await service.define({ service: "shop", name: "search", target: "99.5", kind: "latency" });
      expect(search.serviceId).toBe(checkout.serviceId);
      expect(checkout).toMatchObject({ target: "99.900", budget: "0.100", periodDays: 30, kind: "availability" });
      expect(await service.get(checkout.id)).toEqual(checkout);
      expect(await service.get(nobody)).toBeUndefined();
    });

    it("takes a name once per service in any case, and again when it is free", async () => {
      const first = await service.define({ service: "stock", name: "Count", target: "99" });
      const again = { service: "stock", name: "COUNT", target: "99" };
      await expect(service.define(again)).toViolateUnique("objectives_live_name_key");
      await service.define({ service: "stock-archive", name: "Count", target: "99" });
      expect(await service.retire(first.id)).toBe(true);
      expect(await service.retire(first.id)).toBe(false);
      await service.define(again);
      const status = await service.listStatus();
      const names = status.filter((row) => row.serviceName === "stock").map((row) => row.objectiveName);
      expect(names).toEqual(["COUNT"]);
      expect(status.filter((row) => row.serviceName === "stock-archive")).toHaveLength(1);
    });

    it.each(["0", "100", "-1", "100.001"])("refuses the target %s, and makes no service for it", async (target) => {
      const written = await changes(db, () =>
        expect(service.define({ service: "shop", name: "bad", target })).toViolateCheck("objectives_target_range"),
      );
      expect(written).toEqual({});
    });

    it("makes one service of one name that several define objectives for at once", async () => {
      const { values, errors } = await race(testDb, 4, (db, index) =>
        new ObjectiveService(db).define({ service: "shop", name: `objective ${index}`, target: "99" }),
      );
      expect(errors).toEqual([]);
      expect(values).toHaveLength(4);
      expect(await db.$count(schema.services)).toBe(1);
    });

    it("begins with the policies that a trigger adds", async () => {
      let id = "";
      const written = await changes(db, async () => {
        ({ id } = await service.define({ service: "mail", name: "delivery", target: "99.9" }));
      });
      expect(countsOf(written)).toEqual({
        services: { inserted: 1 },
        objectives: { inserted: 1 },
        alert_policies: { inserted: 2 },
      });
      await service.define({ service: "mail", name: "reading", target: "99.9" });
      expect(await service.listAlertPolicies(id)).toMatchObject([
        { objectiveId: id, longWindow: "01:00:00", shortWindow: "00:05:00", burnRate: "14.40" },
        { objectiveId: id, longWindow: "3 days", shortWindow: "06:00:00", burnRate: "1.00" },
      ]);
    });
  });

  describe("list", () => {
    const names = async (...args: Parameters<ObjectiveService["list"]>) =>
      (await service.list(...args)).map(({ name }) => name);

    it("gives the living ones of a service by their names, a page at a time", async () => {
      const { id: serviceId } = await make.services.create(db);
      for (const name of ["d", "B", "a", "C"]) await make.objectives.create(db, { serviceId, name });
      await make.objectives.create(db, { serviceId, name: "b gone", retiredAt: new Date() });
      await make.objectives.create(db);
      expect(await names(serviceId)).toEqual(["a", "B", "C", "d"]);
      expect(await names(serviceId, { limit: 2 })).toEqual(["a", "B"]);
      expect(await names(serviceId, { limit: 2, after: "B" })).toEqual(["C", "d"]);
      expect(await names(serviceId, { after: "d" })).toEqual([]);
    });

    it("finds what is in a name, in any case, and takes % and _ for themselves", async () => {
      const { id: serviceId } = await make.services.create(db);
      for (const name of ["50% faster", "500 faster", "job_run"]) await make.objectives.create(db, { serviceId, name });
      expect(await names(serviceId, { containing: "FASTER" })).toEqual(["50% faster", "500 faster"]);
      expect(await names(serviceId, { containing: "50%" })).toEqual(["50% faster"]);
      expect(await names(serviceId, { containing: "o_r" })).toEqual([]);
      expect(await names(serviceId, { containing: "b_r" })).toEqual(["job_run"]);
    });

    it("asks once for a page, and is served by the index of living names", async () => {
      const { serviceId } = await make.objectives.create(db);
      await expect(() => service.list(serviceId, { after: "a", limit: 2 })).toRunAtMost(1);
      await expect(() => service.list(serviceId, { after: "a", limit: 2 })).toBeServedByAnIndex(db);
    });
  });

  describe("setTarget", () => {
    it("remembers former targets, the latest first, and no change that was none", async () => {
      const { id } = await make.objectives.create(db, { target: "99" });
      const other = await make.objectives.create(db);
      await service.setTarget(id, "99.5");
      await service.setTarget(id, "99.500");
      expect((await service.setTarget(id, "99.9"))?.budget).toBe("0.100");
      expect(await service.listFormerTargets(id)).toEqual(["99.500", "99.000"]);
      expect(await service.listFormerTargets(other.id)).toEqual([]);
      expect(await service.setTarget(nobody, "99")).toBeUndefined();
    });

    it("writes nothing over a target that came meanwhile", async () => {
      const { id } = await make.objectives.create(db, { target: "99.5" });
      const written = await changes(db, async () => {
        expect(await service.setTarget(id, "99.9", { insteadOf: "99" })).toBeUndefined();
      });
      expect(written).toEqual({});
      expect(await service.setTarget(id, "99.9", { insteadOf: "99.5" })).toMatchObject({ target: "99.900" });
    });

    it("lets one of several win that read the same target", async () => {
      const { id } = await make.objectives.create(db, { target: "99" });
      const { values, errors } = await race(testDb, 4, (db, index) =>
        new ObjectiveService(db).setTarget(id, `99.${index + 1}`, { insteadOf: "99" }),
      );
      expect(errors).toEqual([]);
      expect(values.filter((objective) => objective !== undefined)).toEqual([await service.get(id)]);
      expect(await service.listFormerTargets(id)).toEqual(["99.000"]);
    });
  });

  describe("getBudget", () => {
    const now = new Date("2025-06-30T00:00Z");

    it("reckons over the period that ends now", async () => {
      const { id } = await make.objectives.create(db, { periodDays: 30 });
      const neighbour = await make.objectives.create(db);
      const [from, to] = [new Date("2025-06-01T00:00Z"), new Date("2025-06-02T00:00Z")];
      // ten minutes, of which five lie in the period
      const [before, after] = [new Date("2025-05-30T23:55Z"), new Date("2025-05-31T00:05Z")];
      await make.events.create(db, { objectiveId: id, startedAt: before, endedAt: after });
      await make.events.create(db, { objectiveId: id, startedAt: new Date("2025-06-29T23:50Z") });
      await make.events.create(db, { objectiveId: neighbour.id, startedAt: from, endedAt: to });
      expect(await service.getBudget(id, { now })).toEqual({
        allowedSeconds: 2592,
        spentSeconds: 900,
        remainingSeconds: 1692,
        isExhausted: false,
      });
      expect((await service.getBudget(neighbour.id, { now }))?.isExhausted).toBe(true);
      expect(await service.getBudget(nobody, { now })).toBeUndefined();
    });

    it("asks twice, however many events there are, and is served by indexes", async () => {
      const { id } = await make.objectives.having({ events: [make.events, 5] }).create(db);
      await expect(() => service.getBudget(id, { now })).toRunAtMost(2);
      await expect(() => service.getBudget(id, { now })).toBeServedByAnIndex(db);
    });
  });

  it("counts what is open now in the status, per objective, in one query", async () => {
    const startedAt = new Date("2025-06-01T00:00Z");
    const { id: serviceId } = await make.services.create(db, { name: "chat" });
    const send = make.objectives.having({ events: [make.events, 2] });
    const { id: objectiveId } = await send.create(db, { serviceId, name: "send" });
    await make.objectives.create(db, { serviceId, name: "read" });
    await make.events.create(db, { objectiveId, startedAt, endedAt: startedAt });
    await make.objectives.create(db, { serviceId: (await make.services.create(db, { name: "app" })).id, name: "use" });
    expect((await service.listStatus()).map((row) => [row.objectiveName, row.openCount])).toEqual([
      ["use", 0],
      ["read", 0],
      ["send", 2],
    ]);
    await expect(() => service.listStatus()).toRunAtMost(1);
  });

  it("sums up by the month, in UTC, when refreshed", async () => {
    const { id: objectiveId } = await make.objectives.create(db);
    const { create } = make.events.extend({ objectiveId });
    await create(db, { startedAt: new Date("2025-01-31T23:59Z"), endedAt: new Date("2025-02-01T00:01Z") });
    await create(db, { startedAt: new Date("2025-02-01T00:00Z"), endedAt: new Date("2025-02-01T00:01Z") });
    await create(db, { startedAt: new Date("2025-02-28T23:59Z"), endedAt: new Date("2025-02-28T23:59:30Z") });
    await create(db, { startedAt: new Date("2025-02-28T23:59Z") });
    await make.events.create(db, { startedAt: new Date("2025-03-01T00:00Z"), endedAt: new Date("2025-03-01T00:01Z") });
    expect(await service.listMonthlyDowntime(objectiveId)).toEqual([]);
    await service.refreshMonthlyDowntime();
    expect(await service.listMonthlyDowntime(objectiveId)).toEqual([
      { month: "2025-01-01", eventCount: 1, seconds: 120 },
      { month: "2025-02-01", eventCount: 2, seconds: 90 },
    ]);
  });

  it("gives the latest ratio of each indicator, null without traffic", async () => {
    const { id: objectiveId } = await make.objectives.create(db);
    const reads = await make.indicators.create(db, { objectiveId, name: "reads" });
    const writes = await make.indicators.create(db, { objectiveId, name: "writes" });
    await make.indicators.create(db, { objectiveId, name: "unsampled" });
    const [early, late] = [new Date("2025-06-01T00:00Z"), new Date("2025-06-01T00:05Z")];
    await make.samples.create(db, { indicatorId: reads.id, sampledAt: late, good: 2 });
    await make.samples.create(db, { indicatorId: reads.id, sampledAt: early });
    await make.samples.create(db, { indicatorId: writes.id, sampledAt: late, good: 0, total: 0 });
    await make.samples.create(db, { sampledAt: late });
    expect(await service.getIndicatorRatios(objectiveId)).toEqual({ reads: "66.667", writes: null });
  });

  it("has no sample with more that was good than there was, and no percentage outside of its domain", async () => {
    await expect(make.samples.create(db, { good: 4, total: 3 })).toViolateCheck("percentage_check");
    await expect(make.samples.create(db, { good: -1, total: 0 })).toViolateCheck("indicator_samples_parts");
    await expect(make.revisions.create(db, { target: "101" })).toViolateCheck("percentage_check");
  });

  it("looks up what is an objective's by indexes", async () => {
    const { id } = await make.objectives.create(db);
    for (const lookUp of [
      () => service.listFormerTargets(id),
      () => service.listAlertPolicies(id),
      () => service.getIndicatorRatios(id),
      () => service.listMonthlyDowntime(id),
    ])
      await expect(lookUp).toBeServedByAnIndex(db);
  });

  it("takes with a service its objectives, and what was measured of them", async () => {
    const { serviceId } = await make.objectives
      .having({ events: [make.events, 2], indicators: [make.indicators.having({ samples: [make.samples, 2] }), 1] })
      .create(db);
    const written = await changes(db, () => db.delete(schema.services).where(eq(schema.services.id, serviceId)));
    expect(countsOf(written)).toEqual({
      services: { deleted: 1 },
      objectives: { deleted: 1 },
      alert_policies: { deleted: 2 },
      downtime_events: { deleted: 2 },
      indicators: { deleted: 1 },
      indicator_samples: { deleted: 2 },
    });
  });
});
