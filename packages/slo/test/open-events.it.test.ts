import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { changes } from "with-test-db/assertions";
import { useTestDb } from "with-test-db/vitest";
import { DowntimeService } from "../src/downtime-service.ts";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

// objectives, teams and providers are the same for all tests, and what a test does is rolled back
const testDb = await useTestDb({ schema, migrationsFolder, between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("DowntimeService: open events and attributions (real Postgres)", () => {
  const { db } = testDb;
  const service = new DowntimeService(db);
  const startedAt = new Date("2025-05-01T12:00Z");

  let checkout: string;
  let search: string;
  let payments: number;
  let storage: number;
  let dns: number;
  let cloud: number;

  beforeAll(async () => {
    checkout = (await make.objectives.create(db)).id;
    search = (await make.objectives.create(db)).id;
    payments = (await make.teams.create(db)).id;
    storage = (await make.teams.create(db)).id;
    dns = (await make.providers.create(db)).id;
    cloud = (await make.providers.create(db)).id;
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
    const openAll = async () => ({
      nobody: await open(),
      internal: await open(),
      upstream: await open(),
      maintenance: await open(),
      payments: await open(),
      storage: await open(),
      dns: await open(),
      cloud: await open(),
      both: await open(),
      retracted: await open(),
    });
    let events: Awaited<ReturnType<typeof openAll>>;

    beforeEach(async () => {
      events = await openAll();
      await service.attribute(events.internal, { kind: "internal" });
      await service.attribute(events.upstream, { kind: "upstream" });
      await service.attribute(events.maintenance, { kind: "maintenance" });
      await service.attribute(events.payments, { teamId: payments });
      await service.attribute(events.storage, { teamId: storage });
      await service.attribute(events.dns, { providerId: dns });
      await service.attribute(events.cloud, { providerId: cloud });
      await service.attribute(events.both, { teamId: payments });
      await service.attribute(events.both, { teamId: storage });
      await service.attribute(events.both, { providerId: dns });
      for (const to of [{ teamId: payments }, { providerId: dns }, { kind: "maintenance" } as const]) {
        const attributionId = await service.attribute(events.retracted, to);
        await service.retract({ eventId: events.retracted, attributionId });
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
      await make.teams.create(db, { id: 900 });
      await make.providers.create(db, { id: 900 });
      await service.attribute(events.nobody, { teamId: 900 });
      expect(await ids({ providerId: 900 })).toEqual([]);
      expect(await ids({ teamId: 900 })).toEqual([events.nobody]);
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
      await db.delete(schema.teams).where(eq(schema.teams.id, payments));
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
    const eventId = await open();
    const endedAt = new Date("2025-05-01T13:00Z");
    const written = await changes(db, async () => {
      expect(await service.close({ objectiveId: search, eventId, endedAt })).toBe(false);
      expect(await ids()).toEqual([eventId]);
      expect(await service.close({ objectiveId: checkout, eventId, endedAt })).toBe(true);
      expect(await service.close({ objectiveId: checkout, eventId, endedAt: new Date() })).toBe(false);
    });
    const { updated: [update] = [], ...others } = written["downtime_events"] ?? {};
    expect(update).toMatchObject({
      key: { id: String(eventId) },
      before: { ended_at: null },
      after: { ended_at: endedAt },
    });
    expect(update?.after["updated_at"]).toBeInstanceOf(Date);
    expect(others).toEqual({});
  });

  it("takes an attribution back once, of its own event only, and lets it be made again", async () => {
    const [event, other] = [await open(), await open()];
    const attributionId = await service.attribute(event, { teamId: payments });
    const { eventId, teamId, providerId } = schema.attributions;
    await expect(service.attribute(event, { teamId: payments })).toViolateUnique([eventId, teamId]);
    await service.attribute(event, { providerId: dns });
    await expect(service.attribute(event, { providerId: dns })).toViolateUnique([eventId, providerId]);
    expect(await service.retract({ eventId: other, attributionId })).toBe(false);
    expect(await ids({ teamId: payments })).toEqual([event]);
    expect(await service.retract({ eventId: event, attributionId })).toBe(true);
    expect(await service.retract({ eventId: event, attributionId })).toBe(false);
    expect(await ids({ teamId: payments })).toEqual([]);
    expect(await ids({ providerId: dns })).toEqual([event]);
    await service.attribute(event, { teamId: payments });
    expect(await ids({ teamId: payments })).toEqual([event]);
  });

  it("refuses a team that is upstream and a provider that is internal", async () => {
    await expect(make.attributions.create(db, { kind: "upstream", teamId: payments })).toViolateCheck(
      "attributions_team_is_internal",
    );
    await expect(make.attributions.create(db, { kind: "maintenance", providerId: dns })).toViolateCheck(
      "attributions_provider_is_upstream",
    );
  });

  it("knows the severities that the migrations brought, and no others", async () => {
    await service.open({ objectiveId: checkout, startedAt, severityId: "critical" });
    await expect(service.open({ objectiveId: checkout, startedAt, severityId: "grave" })).toViolateForeignKey(
      "downtime_events_severity_id_severities_id_fk",
    );
  });

  it("asks once, and is served by indexes, whatever the filter", async () => {
    await open();
    for (const filter of [undefined, "unattributed", "internal", { teamId: payments }, { providerId: dns }] as const) {
      await expect(() => ids(filter)).toRunAtMost(1);
      await expect(() => ids(filter)).toBeServedByAnIndex(db);
    }
  });
});
