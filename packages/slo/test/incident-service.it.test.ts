import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { IncidentService } from "../src/incident-service.ts";
import * as schema from "../src/schema/index.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("IncidentService (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: IncidentService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new IncidentService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  const checkout = "00000000-0000-4000-8000-000000000001";
  const startedAt = new Date("2025-05-01T12:00Z");
  const at = new Date("2025-05-01T13:00Z");

  beforeAll(async () => {
    await testDb.db.insert(schema.services).values([
      { id: 1, name: "shop" },
      { id: 2, name: "stock" },
    ]);
    await testDb.db.insert(schema.objectives).values({ id: checkout, serviceId: 1, name: "checkout", target: "99.9" });
  });

  async function events(...ends: (Date | null)[]): Promise<number[]> {
    const rows = await testDb.db
      .insert(schema.downtimeEvents)
      .values(ends.map((endedAt) => ({ objectiveId: checkout, startedAt, endedAt })))
      .returning();
    return rows.map((row) => row.id);
  }

  it("numbers the first incident of a fresh database 1000", async () => {
    const incident = await service.declare({ title: "Cards declined", eventIds: [] });
    expect(incident).toMatchObject({ number: 1000, code: "INC-001000", status: "investigating", resolvedAt: null });
  });

  it("resolves with an incident its open events, no closed and no foreign ones", async () => {
    const earlier = new Date("2025-05-01T12:10Z");
    const [open, closed, foreign] = await events(null, earlier, null);
    const { number } = await service.declare({ title: "Slow", eventIds: [open ?? 0, closed ?? 0] });
    expect(await service.resolve(number, { at })).toBe(true);
    const rows = await testDb.db.select().from(schema.downtimeEvents).orderBy(schema.downtimeEvents.id);
    expect(rows.map((row) => [row.id, row.endedAt])).toEqual([
      [open, at],
      [closed, earlier],
      [foreign, null],
    ]);
    expect(await service.resolve(number, { at: new Date() })).toBe(false);
    expect(await service.resolve(-1, { at })).toBe(false);
  });

  it("gives an event to one incident only, and declares nothing otherwise", async () => {
    const [taken, free] = await events(null, null);
    await service.declare({ title: "First", eventIds: [taken ?? 0] });
    await expect(service.declare({ title: "Second", eventIds: [free ?? 0, taken ?? 0] })).rejects.toMatchObject({
      cause: { constraint_name: "incident_events_event_id_unique" },
    });
    const titles = (await testDb.db.select().from(schema.incidents)).map((incident) => incident.title);
    expect(titles).not.toContain("Second");
  });

  it("has no resolved incident without a time", async () => {
    const values = { title: "Half", status: "resolved" } as const;
    await expect(testDb.db.insert(schema.incidents).values(values)).rejects.toMatchObject({
      cause: { constraint_name: "incidents_resolved_has_time" },
    });
  });

  describe("maintenance", () => {
    const minute = (n: number) => new Date(Date.UTC(2025, 6, 1, 22, n));

    it("holds from its beginning to just before its end, for its service only", async () => {
      await service.announceMaintenance({ serviceId: 1, from: minute(0), to: minute(30), reason: "New disks" });
      const held = [];
      for (const n of [-1, 0, 29, 30]) held.push(await service.isInMaintenance(1, minute(n)));
      expect(held).toEqual([false, true, true, false]);
      expect(await service.isInMaintenance(2, minute(10))).toBe(false);
    });

    it("may touch another of the same service, and overlap one of another service", async () => {
      await service.announceMaintenance({ serviceId: 1, from: minute(30), to: minute(40) });
      await service.announceMaintenance({ serviceId: 2, from: minute(10), to: minute(35) });
      await expect(
        service.announceMaintenance({ serviceId: 1, from: minute(39), to: minute(50) }),
      ).rejects.toMatchObject({ cause: { constraint_name: "maintenance_windows_no_overlap" } });
    });

    it("has some duration", async () => {
      await expect(
        service.announceMaintenance({ serviceId: 1, from: minute(50), to: minute(50) }),
      ).rejects.toMatchObject({ cause: { constraint_name: "maintenance_windows_period_bounded" } });
    });
  });

  it("has the channels that the migrations brought, one default of a kind", async () => {
    const channels = await testDb.db.select().from(schema.channels).orderBy(schema.channels.id);
    expect(channels).toEqual([
      { id: 1, kind: "email", address: "on-call@example.com", isDefault: true },
      { id: 2, kind: "chat", address: "#reliability", isDefault: true },
    ]);
    const [pager] = await testDb.db
      .insert(schema.channels)
      .values({ kind: "pager", address: "7", isDefault: true })
      .returning();
    expect(pager?.id).toBe(3);
    const second = { kind: "chat", address: "#other", isDefault: true } as const;
    await expect(testDb.db.insert(schema.channels).values(second)).rejects.toMatchObject({
      cause: { constraint_name: "channels_one_default_per_kind" },
    });
  });
});
