import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { changes, countsOf } from "with-test-db/assertions";
import { race } from "with-test-db/seams";
import { useTestDb } from "with-test-db/vitest";
import { IncidentService } from "../src/incident-service.ts";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

// events that several claim at once are claimed on connections of their own
const testDb = await useTestDb({ schema, migrationsFolder, between: "truncate" });

describe.skipIf(!isIntegrationEnabled())("IncidentService (real Postgres)", () => {
  const { db } = testDb;
  const service = new IncidentService(db);
  const startedAt = new Date("2025-05-01T12:00Z");
  const at = new Date("2025-05-01T13:00Z");
  const events = make.events.extend({ startedAt });

  it("numbers incidents as people say them", async () => {
    const incident = await service.declare({ title: "Cards declined", eventIds: [] });
    expect(incident).toMatchObject({ status: "investigating", resolvedAt: null });
    expect(incident.number).toBeGreaterThanOrEqual(1000);
    expect(incident.code).toBe(`INC-${String(incident.number).padStart(6, "0")}`);
  });

  it("resolves with an incident its open events, no closed and no foreign ones", async () => {
    const open = await events.create(db);
    const closed = await events.create(db, { endedAt: new Date("2025-05-01T12:10Z") });
    const foreign = await events.create(db);
    await service.declare({ title: "Elsewhere", eventIds: [foreign.id] });
    const { number } = await service.declare({ title: "Slow", eventIds: [open.id, closed.id] });
    const written = await changes(db, async () => {
      expect(await service.resolve(number, { at })).toBe(true);
    });
    expect(countsOf(written)).toEqual({ incidents: { updated: 1 }, downtime_events: { updated: 1 } });
    expect(written["downtime_events"]?.updated).toMatchObject([
      { key: { id: String(open.id) }, before: { ended_at: null }, after: { ended_at: at } },
    ]);
    expect(await service.resolve(number, { at: new Date() })).toBe(false);
    expect(await service.resolve(-1, { at })).toBe(false);
  });

  it("resolves in two queries, and finds the events by indexes, however many there are", async () => {
    const eventIds = (await events.createMany(db, 5)).map(({ id }) => id);
    const { number } = await service.declare({ title: "Slow", eventIds });
    await expect(() => service.resolve(number, { at })).toBeServedByAnIndex(db);
    const other = await service.declare({ title: "Slow", eventIds: [(await events.create(db)).id] });
    await expect(() => service.resolve(other.number, { at })).toRunAtMost(2);
  });

  it("gives an event to one incident only, and declares nothing otherwise", async () => {
    const taken = await events.create(db);
    const free = await events.create(db);
    await service.declare({ title: "First", eventIds: [taken.id] });
    const written = await changes(db, () =>
      expect(service.declare({ title: "Second", eventIds: [free.id, taken.id] })).toViolateUnique(
        schema.incidentEvents.eventId,
      ),
    );
    expect(written).toEqual({});
  });

  it("gives it to one of several that declare it at once, and the others leave nothing", async () => {
    const { id } = await events.create(db);
    const { values, errors } = await race(testDb, 4, (db, index) =>
      new IncidentService(db).declare({ title: `Declared by ${index}`, eventIds: [id] }),
    );
    expect(errors).toHaveLength(3);
    for (const error of errors) await expect(error).toViolateUnique(schema.incidentEvents.eventId);
    expect(await db.select().from(schema.incidents)).toEqual(values);
  });

  it("has no resolved incident without a time", async () => {
    await expect(make.incidents.create(db, { status: "resolved" })).toViolateCheck("incidents_resolved_has_time");
  });

  describe("maintenance", () => {
    const minute = (n: number) => new Date(Date.UTC(2025, 6, 1, 22, n));

    it("holds from its beginning to just before its end, for its service only", async () => {
      const { id: serviceId } = await make.services.create(db);
      const other = await make.services.create(db);
      await service.announceMaintenance({ serviceId, from: minute(0), to: minute(30), reason: "New disks" });
      const held = [];
      for (const n of [-1, 0, 29, 30]) held.push(await service.isInMaintenance(serviceId, minute(n)));
      expect(held).toEqual([false, true, true, false]);
      expect(await service.isInMaintenance(other.id, minute(10))).toBe(false);
    });

    it("may touch another of the same service, and overlap one of another service", async () => {
      const { id: serviceId } = await make.services.create(db);
      const other = await make.services.create(db);
      await service.announceMaintenance({ serviceId, from: minute(0), to: minute(30) });
      await service.announceMaintenance({ serviceId, from: minute(30), to: minute(40) });
      await service.announceMaintenance({ serviceId: other.id, from: minute(10), to: minute(35) });
      await expect(service.announceMaintenance({ serviceId, from: minute(39), to: minute(50) })).toViolateExclusion(
        "maintenance_windows_no_overlap",
      );
    });

    it("has some duration", async () => {
      const { id: serviceId } = await make.services.create(db);
      await expect(service.announceMaintenance({ serviceId, from: minute(50), to: minute(50) })).toViolateCheck(
        "maintenance_windows_period_bounded",
      );
    });

    it("is looked up by the index that keeps it from overlapping", async () => {
      await expect(() => service.isInMaintenance(1, minute(0))).toBeServedByAnIndex(db);
    });
  });

  it("has the channels that the migrations brought, one default of a kind", async () => {
    const channels = await db.select().from(schema.channels).orderBy(schema.channels.id);
    expect(channels).toEqual([
      { id: 1, kind: "email", address: "on-call@example.com", isDefault: true },
      { id: 2, kind: "chat", address: "#reliability", isDefault: true },
    ]);
    const pager = await make.channels.create(db, { kind: "pager", isDefault: true });
    expect(pager.id).toBeGreaterThan(2);
    await expect(make.channels.create(db, { kind: "chat", isDefault: true })).toViolateUnique(schema.channels.kind);
  });
});
