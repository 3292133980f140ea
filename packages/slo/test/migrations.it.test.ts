/** What the migrations promise: the model that the code counts on, and that rows of before come through each of them. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { migrateTo, migrationTests, type PastDb } from "with-test-db/migrations";
import * as schema from "../src/schema/index.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

/** The constraint that refuses a query. */
const refusalOf = (query: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(query).then(
    () => "none",
    (error: { cause?: { constraint_name?: string; message?: string } }) =>
      error.cause?.constraint_name ?? error.cause?.message,
  );

const CHECKOUT = "00000000-0000-4000-8000-000000000001";
const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 31, 12, minute));

describe.skipIf(!isIntegrationEnabled())("the model of objectives (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
  });
  afterAll(() => testDb?.dispose());
  beforeEach(async () => {
    await testDb.reset();
    await testDb.db.insert(schema.services).values({ id: 1, name: "shop" });
    await testDb.db.insert(schema.objectives).values({ id: CHECKOUT, serviceId: 1, name: "checkout", target: "99.9" });
  });

  const lines = async (query: ReturnType<typeof sql>): Promise<unknown[]> =>
    [...(await testDb.db.execute(query))].map(({ line }) => line);
  const event = (more: Partial<typeof schema.downtimeEvents.$inferInsert> = {}) =>
    testDb.db
      .insert(schema.downtimeEvents)
      .values({ objectiveId: CHECKOUT, startedAt: at(0), ...more })
      .returning();

  it("has these tables, with these keys", async () => {
    expect(
      await lines(sql`
        select conrelid::regclass::text || ' (' || string_agg(attname, ', ' order by at) || ')' as line
          from pg_constraint cross join unnest(conkey) with ordinality as key(number, at)
               join pg_attribute on attrelid = conrelid and attnum = number
         where contype = 'p' and connamespace = current_schema()::regnamespace group by conrelid order by 1`),
    ).toEqual([
      "alert_policies (id)",
      "attributions (id)",
      "channels (id)",
      "downtime_events (id)",
      "event_notes (id)",
      "incident_events (incident_number, event_id)",
      "incidents (number)",
      "indicator_samples (id)",
      "indicators (id)",
      "maintenance_windows (id)",
      "objective_revisions (id)",
      "objectives (id)",
      "policy_channels (policy_id, channel_id)",
      "providers (id)",
      "services (id)",
      "severities (id)",
      "teams (id)",
    ]);
  });

  it("has these checks, and one exclusion", async () => {
    expect(
      await lines(sql`
        select conrelid::regclass || ': ' || conname as line from pg_constraint
         where contype in ('c', 'x') and conrelid <> 0 and connamespace = current_schema()::regnamespace order by 1`),
    ).toEqual([
      "alert_policies: alert_policies_burn_rate_positive",
      "alert_policies: alert_policies_windows_in_order",
      "attributions: attributions_provider_is_upstream",
      "attributions: attributions_team_is_internal",
      "downtime_events: downtime_events_in_order",
      "incidents: incidents_resolved_has_time",
      "indicator_samples: indicator_samples_parts",
      "maintenance_windows: maintenance_windows_no_overlap",
      "maintenance_windows: maintenance_windows_period_bounded",
      "objectives: objectives_period_days_range",
      "objectives: objectives_target_range",
    ]);
  });

  it("has these partial and expression indexes", async () => {
    expect(
      await lines(sql`
        select indexrelid::regclass || coalesce(' where ' || pg_get_expr(indpred, indrelid), '') as line
          from pg_index join pg_class c on c.oid = indexrelid
         where (indpred is not null or indexprs is not null) and relnamespace = current_schema()::regnamespace order by 1`),
    ).toEqual([
      "attributions_standing_provider_key where (retracted_at IS NULL)",
      "attributions_standing_team_key where (retracted_at IS NULL)",
      "channels_kind_address_key",
      "channels_one_default_per_kind where is_default",
      "downtime_events_open_idx where (ended_at IS NULL)",
      "objectives_live_name_key where (retired_at IS NULL)",
    ]);
  });

  it("refuses what makes no sense", async () => {
    const { attributions, incidents, indicatorSamples, indicators, maintenanceWindows, objectives } = schema;
    const [made] = await event();
    const eventId = made?.id ?? 0;
    const objective = { serviceId: 1, name: "search", target: "99" };
    const [indicator] = await testDb.db
      .insert(indicators)
      .values({ objectiveId: CHECKOUT, name: "ok", query: "q" })
      .returning();
    const sample = { indicatorId: indicator?.id ?? 0, sampledAt: at(0) };
    const window = { serviceId: 1, period: "[2026-01-31 12:00Z,2026-01-31 13:00Z)" };
    await testDb.db.insert(maintenanceWindows).values(window as never);
    const refusals = await Promise.all(
      [
        event({ endedAt: at(-1) }),
        testDb.db.insert(objectives).values({ ...objective, target: "100" }),
        testDb.db.insert(objectives).values({ ...objective, periodDays: 0 }),
        testDb.db.insert(objectives).values({ ...objective, name: "CHECKOUT" }),
        testDb.db.insert(attributions).values({ eventId, kind: "upstream", teamId: 1 }),
        testDb.db.insert(incidents).values({ title: "t", status: "resolved" }),
        testDb.db.insert(indicatorSamples).values({ ...sample, good: 2, total: 1 }),
        testDb.db
          .insert(maintenanceWindows)
          .values({ ...window, period: "[2026-01-31 12:30Z,2026-01-31 14:00Z)" } as never),
        testDb.db.insert(maintenanceWindows).values({ ...window, period: "[2026-02-01,)" } as never),
      ].map(refusalOf),
    );
    // what is computed comes before the checks: the first and the seventh are refused by the type of a generated column
    expect(refusals).toEqual([
      "range lower bound must be less than or equal to range upper bound",
      "objectives_target_range",
      "objectives_period_days_range",
      "objectives_live_name_key",
      "attributions_team_is_internal",
      "incidents_resolved_has_time",
      "percentage_check",
      "maintenance_windows_no_overlap",
      "maintenance_windows_period_bounded",
    ]);
  });

  it("fills in what is left out, and computes what follows", async () => {
    const [made] = await event({ endedAt: at(5) });
    expect(made).toMatchObject({ id: 1, severityId: "major", summary: null });
    const objective = await testDb.db.query.objectives.findFirst();
    expect(objective).toMatchObject({ kind: "availability", periodDays: 30, budget: "0.100" });
    const [incident] = await testDb.db.insert(schema.incidents).values({ title: "down" }).returning();
    expect(incident).toMatchObject({ number: 1000, code: "INC-001000", status: "investigating" });
    expect(await testDb.db.$count(schema.alertPolicies)).toBe(2);
  });

  it("notes when an event was changed, and what an objective promised before", async () => {
    const [made] = await event();
    const [changed] = await testDb.db.update(schema.downtimeEvents).set({ summary: "DNS" }).returning();
    expect(changed?.updatedAt.getTime()).toBeGreaterThan(made?.updatedAt.getTime() ?? 0);
    await testDb.db.update(schema.objectives).set({ name: "pay" });
    await testDb.db.update(schema.objectives).set({ target: "99.5" });
    expect(await testDb.db.select().from(schema.objectiveRevisions)).toMatchObject([
      { target: "99.900", periodDays: 30 },
    ]);
  });

  it("takes with a service all that is its own; a severity that is in use stays, and may be renamed", async () => {
    await event();
    expect(await refusalOf(testDb.db.delete(schema.severities))).toBe("downtime_events_severity_id_severities_id_fk");
    await testDb.db.update(schema.severities).set({ id: "grave" }).where(eq(schema.severities.id, "major"));
    expect(await testDb.db.query.downtimeEvents.findFirst()).toMatchObject({ severityId: "grave" });
    await testDb.db.delete(schema.services);
    const { objectives, downtimeEvents, alertPolicies, severities } = schema;
    const counts = await Promise.all(
      [objectives, downtimeEvents, alertPolicies, severities].map((table) => testDb.db.$count(table)),
    );
    expect(counts).toEqual([0, 0, 0, 3]);
  });

  it("counts time that several ranges cover once, and gives ranges as arrays", async () => {
    await event({ endedAt: at(10) });
    await event({ startedAt: at(5), endedAt: at(20) });
    const [row] = await testDb.db.execute(sql`
      select covered_seconds(range_agg(period)) as seconds, array_agg(id order by id)::integer[] as ids,
             array_agg(severity_id) as severities from downtime_events`);
    expect(row).toEqual({ seconds: 1200, ids: [1, 2], severities: ["major", "major"] });
  });
});

const shop = async (past: PastDb): Promise<void> => {
  await past.insert(schema.services, { id: 1, name: "shop" });
  await past.insert(schema.objectives, { id: CHECKOUT, serviceId: 1, name: "checkout", target: "99.9" });
};

describe.skipIf(!isIntegrationEnabled())("the migrations of objectives, with rows from before (real Postgres)", () => {
  it("0002 does not go where an outage is known: its severity has no row before 0003", () =>
    migrateTo("0001", { migrationsFolder }, async (past) => {
      await shop(past);
      await past.db.execute(
        sql`insert into outages (objective_id, started_at, note) values (${CHECKOUT}, now(), 'DNS')`,
      );
      await expect(past.migrateOn("0002")).rejects.toThrow(
        /0002_objectives_history_downtime_events\.sql failed[\s\S]*downtime_events_severity_id_severities_id_fk/,
      );
      // nor together with 0003, though that brings the row
      await expect(past.migrateOn()).rejects.toThrow(/0002_objectives_history_downtime_events\.sql failed/);
      expect(past.at).toBe("0001_ranges_and_severities");
      expect([...(await past.db.execute(sql`select note from outages`))]).toEqual([{ note: "DNS" }]);
    }));

  it("0002 computes a budget for objectives of before, and 0003 gives policies to later ones alone", () =>
    migrateTo("0000", { migrationsFolder }, async (past) => {
      await shop(past);
      await past.migrateOn();
      expect(await past.db.select().from(schema.objectives)).toMatchObject([
        { name: "checkout", budget: "0.100", retiredAt: null },
      ]);
      expect(await past.db.$count(schema.alertPolicies)).toBe(0);
      await past.insert(schema.objectives, { serviceId: 1, name: "search", target: "99" });
      expect(await past.db.$count(schema.alertPolicies)).toBe(2);
    }));

  it("0004 shows the events of before in its views", () =>
    migrateTo("0003", { migrationsFolder }, async (past) => {
      await shop(past);
      await past.insert(schema.downtimeEvents, [
        { objectiveId: CHECKOUT, startedAt: at(0), endedAt: at(2) },
        { objectiveId: CHECKOUT, startedAt: at(5) },
      ]);
      await past.migrateOn();
      expect([
        ...(await past.db.execute(sql`select objective_name, open_count::integer from objective_status`)),
      ]).toEqual([{ objective_name: "checkout", open_count: 1 }]);
      expect([...(await past.db.execute(sql`select event_count::integer, seconds from monthly_downtime`))]).toEqual([
        { event_count: 1, seconds: 120 },
      ]);
    }));
});

describe.skipIf(!isIntegrationEnabled())("each migration of objectives", async () => {
  const outage = async (past: PastDb): Promise<void> => {
    await shop(past);
    await past.insert(schema.downtimeEvents, { objectiveId: CHECKOUT, startedAt: at(0) });
    await past.db.execute(sql`insert into attributions (event_id, kind) select id, 'internal' from downtime_events`);
  };
  const tests = {
    // see above: it can only be deployed where no outage is known
    "0002": { rows: { outages: 0 } },
    // its own rows come with it
    "0003": {
      rows: { severities: 0, providers: 0, downtime_events: 0, alert_policies: 0, attributions: 0, event_notes: 0 },
    },
    "0004": { before: outage },
    "0005": {
      before: async (past: PastDb) => {
        await outage(past);
        await past.insert(schema.incidents, { title: "DNS" });
      },
    },
  };
  for (const migration of await migrationTests({ migrationsFolder, of: "all", tests })) {
    it(`${migration.tag} runs on tables with rows`, () => migration.run());
  }
});
