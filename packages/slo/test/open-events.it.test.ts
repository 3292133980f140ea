import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { DowntimeService } from "../src/downtime-service.ts";
import * as schema from "../src/schema/index.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("DowntimeService: open events and attributions (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: DowntimeService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new DowntimeService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  const checkout = "00000000-0000-4000-8000-000000000001";
  const search = "00000000-0000-4000-8000-000000000002";
  const startedAt = new Date("2025-05-01T12:00Z");

  let payments: number;
  let storage: number;
  let dns: number;
  let cloud: number;

  beforeAll(async () => {
    await testDb.db.insert(schema.services).values({ id: 1, name: "shop" });
    await testDb.db.insert(schema.objectives).values([
      { id: checkout, serviceId: 1, name: "checkout", target: "99.9" },
      { id: search, serviceId: 1, name: "search", target: "99.9" },
    ]);
    const providers = await testDb.db.select().from(schema.providers).orderBy(schema.providers.id);
    [dns, cloud] = providers.map((provider) => provider.id) as [number, number];
  });

  beforeEach(async () => {
    await testDb.db.delete(schema.downtimeEvents);
    await testDb.db.delete(schema.teams);
    const teams = await testDb.db
      .insert(schema.teams)
      .values([{ name: "payments" }, { name: "storage" }])
      .returning();
    [payments, storage] = teams.map((team) => team.id) as [number, number];
  });

  const open = (objectiveId: string = checkout) => service.open({ objectiveId, startedAt });

  async function ids(
    attribution?: Parameters<DowntimeService["listOpenEvents"]>[0]["attribution"],
    objectiveId = checkout,
  ) {
    const events = await service.listOpenEvents({ objectiveId, ...(attribution !== undefined && { attribution }) });
    return events.map((event) => event.id);
  }

  describe("a filter gives exactly its rows", () => {
    let events: Record<
      | "nobody"
      | "internal"
      | "upstream"
      | "maintenance"
      | "payments"
      | "storage"
      | "dns"
      | "cloud"
      | "both"
      | "retracted",
      number
    >;

    beforeEach(async () => {
      const opened = [];
      for (let i = 0; i < 10; i++) opened.push(await open());
      const [nobody, internal, upstream, maintenance, ofPayments, ofStorage, ofDns, ofCloud, both, retracted] =
        opened as [number, number, number, number, number, number, number, number, number, number];
      events = {
        nobody,
        internal,
        upstream,
        maintenance,
        payments: ofPayments,
        storage: ofStorage,
        dns: ofDns,
        cloud: ofCloud,
        both,
        retracted,
      };

      await service.attribute(internal, { kind: "internal" });
      await service.attribute(upstream, { kind: "upstream" });
      await service.attribute(maintenance, { kind: "maintenance" });
      await service.attribute(ofPayments, { teamId: payments });
      await service.attribute(ofStorage, { teamId: storage });
      await service.attribute(ofDns, { providerId: dns });
      await service.attribute(ofCloud, { providerId: cloud });
      await service.attribute(both, { teamId: payments });
      await service.attribute(both, { teamId: storage });
      await service.attribute(both, { providerId: dns });
      for (const to of [{ teamId: payments }, { providerId: dns }, { kind: "maintenance" } as const]) {
        const attributionId = await service.attribute(retracted, to);
        await service.retract({ eventId: retracted, attributionId });
      }

      // Neighbours that differ in one respect only: closed, or of another objective.
      const closed = await open();
      await service.attribute(closed, { teamId: payments });
      await service.attribute(closed, { providerId: dns });
      await service.close({ objectiveId: checkout, eventId: closed, endedAt: new Date("2025-05-01T13:00Z") });
      const closedUnattributed = await open();
      await service.close({ objectiveId: checkout, eventId: closedUnattributed, endedAt: startedAt });
      await open(search);
      for (const to of [{ teamId: payments }, { providerId: dns }, { kind: "maintenance" } as const]) {
        await service.attribute(await open(search), to);
      }
    });

    it("none: every open event of the objective, once each", async () => {
      expect(await ids()).toEqual(Object.values(events));
    });

    it("unattributed: never attributed, or all of it taken back", async () => {
      expect(await ids("unattributed")).toEqual([events.nobody, events.retracted]);
    });

    it("internal: with or without a team, once each", async () => {
      expect(await ids("internal")).toEqual([events.internal, events.payments, events.storage, events.both]);
    });

    it("upstream: with or without a provider, once each", async () => {
      expect(await ids("upstream")).toEqual([events.upstream, events.dns, events.cloud, events.both]);
    });

    it("maintenance", async () => {
      expect(await ids("maintenance")).toEqual([events.maintenance]);
    });

    it("a team", async () => {
      expect(await ids({ teamId: payments })).toEqual([events.payments, events.both]);
      expect(await ids({ teamId: storage })).toEqual([events.storage, events.both]);
      expect(await ids({ teamId: -1 })).toEqual([]);
    });

    it("a provider, never mind a team of the same id", async () => {
      expect(await ids({ providerId: dns })).toEqual([events.dns, events.both]);
      expect(await ids({ providerId: cloud })).toEqual([events.cloud]);
      await testDb.db.insert(schema.teams).values({ id: 900, name: "nine hundred" });
      await testDb.db.insert(schema.providers).values({ id: 900, name: "Nine Hundred" });
      await service.attribute(events.nobody, { teamId: 900 });
      expect(await ids({ providerId: 900 })).toEqual([]);
      expect(await ids({ teamId: 900 })).toEqual([events.nobody]);
      await testDb.db.delete(schema.providers).where(eq(schema.providers.id, 900));
    });

    it("the other objective has its own", async () => {
      expect(await ids(undefined, search)).toHaveLength(4);
      expect(await ids("unattributed", search)).toHaveLength(1);
      expect(await ids("internal", search)).toHaveLength(1);
      expect(await ids("upstream", search)).toHaveLength(1);
      expect(await ids({ teamId: storage }, search)).toEqual([]);
      expect(await ids(undefined, "00000000-0000-4000-8000-00000000dead")).toEqual([]);
    });

    it("kinds and unattributed leave nothing out", async () => {
      const found = new Set<number>();
      for (const filter of [...schema.attributionKind.enumValues, "unattributed"] as const) {
        for (const id of await ids(filter)) found.add(id);
      }
      expect([...found].sort((a, b) => a - b)).toEqual(Object.values(events));
    });

    it("the deletion of a team takes its name off, not the blame off us", async () => {
      await testDb.db.delete(schema.teams).where(eq(schema.teams.id, payments));
      expect(await ids({ teamId: payments })).toEqual([]);
      expect(await ids("internal")).toContain(events.payments);
      expect(await ids("unattributed")).not.toContain(events.payments);
    });
  });

  it("lists the earliest first", async () => {
    const late = await service.open({ objectiveId: checkout, startedAt: new Date("2025-05-01T14:00Z") });
    const early = await service.open({ objectiveId: checkout, startedAt: new Date("2025-05-01T10:00Z") });
    expect(await ids()).toEqual([early, late]);
  });

  it("closes an event once, and never another objective's", async () => {
    const event = await open();
    const endedAt = new Date("2025-05-01T13:00Z");
    expect(await service.close({ objectiveId: search, eventId: event, endedAt })).toBe(false);
    expect(await ids()).toEqual([event]);
    expect(await service.close({ objectiveId: checkout, eventId: event, endedAt })).toBe(true);
    expect(await service.close({ objectiveId: checkout, eventId: event, endedAt: new Date() })).toBe(false);
    const [row] = await testDb.db.select().from(schema.downtimeEvents);
    expect(row?.endedAt).toEqual(endedAt);
    expect(row?.updatedAt.getTime()).toBeGreaterThan(row?.createdAt.getTime() ?? 0);
  });

  it("takes an attribution back once, of its own event only, and lets it be made again", async () => {
    const [event, other] = [await open(), await open()];
    const attributionId = await service.attribute(event, { teamId: payments });
    await expect(service.attribute(event, { teamId: payments })).rejects.toMatchObject({
      cause: { constraint_name: "attributions_standing_team_key" },
    });
    expect(await service.retract({ eventId: other, attributionId })).toBe(false);
    expect(await ids({ teamId: payments })).toEqual([event]);
    expect(await service.retract({ eventId: event, attributionId })).toBe(true);
    expect(await service.retract({ eventId: event, attributionId })).toBe(false);
    expect(await ids({ teamId: payments })).toEqual([]);
    await service.attribute(event, { teamId: payments });
    expect(await ids({ teamId: payments })).toEqual([event]);
  });

  it("refuses a team that is upstream and a provider that is internal", async () => {
    const eventId = await open();
    const insert = (values: typeof schema.attributions.$inferInsert) =>
      testDb.db.insert(schema.attributions).values(values);
    await expect(insert({ eventId, kind: "upstream", teamId: payments })).rejects.toMatchObject({
      cause: { constraint_name: "attributions_team_is_internal" },
    });
    await expect(insert({ eventId, kind: "maintenance", providerId: dns })).rejects.toMatchObject({
      cause: { constraint_name: "attributions_provider_is_upstream" },
    });
  });

  it("knows the severities that the migrations brought, and no others", async () => {
    await service.open({ objectiveId: checkout, startedAt, severityId: "critical" });
    await expect(service.open({ objectiveId: checkout, startedAt, severityId: "grave" })).rejects.toMatchObject({
      cause: { constraint_name: "downtime_events_severity_id_severities_id_fk" },
    });
  });
});
