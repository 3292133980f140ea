/** What the migrations promise: the model that the code counts on, and that rows of before come through each of them. */
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { changes, countsOf, describeSchema, type SchemaDescription } from "with-test-db/assertions";
import { migrateTo, migrationTests, type PastDb } from "with-test-db/migrations";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

const testDb = await useTestDb({ schema, migrationsFolder, between: "truncate" });

const CHECKOUT = "00000000-0000-4000-8000-000000000001";
const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 31, 12, minute));

/** Something of each table, by the tables' names; without those that have none of it. */
const ofTables = (
  { tables }: SchemaDescription,
  pick: (table: SchemaDescription["tables"][string]) => readonly string[] | null,
) => {
  const picked = Object.entries(tables).map(([name, table]) => [name, pick(table) ?? []] as const);
  return Object.fromEntries(picked.filter(([, found]) => found.length > 0));
};

describe.skipIf(!isIntegrationEnabled())("the model of objectives (real Postgres)", () => {
  const { db } = testDb;

  it("has these tables, with these keys", async () => {
    expect(ofTables(await describeSchema(db), ({ primaryKey }) => primaryKey)).toEqual({
      alert_policies: ["id"],
      attributions: ["id"],
      channels: ["id"],
      downtime_events: ["id"],
      event_notes: ["id"],
      incident_events: ["incident_number", "event_id"],
      incidents: ["number"],
      indicator_samples: ["id"],
      indicators: ["id"],
      maintenance_windows: ["id"],
      objective_revisions: ["id"],
      objectives: ["id"],
      policy_channels: ["policy_id", "channel_id"],
      providers: ["id"],
      services: ["id"],
      severities: ["id"],
      teams: ["id"],
    });
  });

  it("has these checks, and one exclusion", async () => {
    const description = await describeSchema(db);
    expect(ofTables(description, ({ checks }) => Object.keys(checks).sort())).toEqual({
      alert_policies: ["alert_policies_burn_rate_positive", "alert_policies_windows_in_order"],
      attributions: ["attributions_provider_is_upstream", "attributions_team_is_internal"],
      downtime_events: ["downtime_events_in_order"],
      incidents: ["incidents_resolved_has_time"],
      indicator_samples: ["indicator_samples_parts"],
      maintenance_windows: ["maintenance_windows_period_bounded"],
      objectives: ["objectives_period_days_range", "objectives_target_range"],
    });
    expect(ofTables(description, ({ exclusions }) => Object.values(exclusions))).toEqual({
      maintenance_windows: ["EXCLUDE USING gist (service_id WITH =, period WITH &&)"],
    });
  });

  it("has these partial and expression indexes", async () => {
    const special = ofTables(await describeSchema(db), ({ indexes }) =>
      Object.entries(indexes)
        .filter(([, { columns, where }]) => where || columns.some((column) => column.includes("(")))
        .map(([name, { columns, where }]) => `${name} (${columns.join()})${where ? ` where ${where}` : ""}`)
        .sort(),
    );
    expect(special).toEqual({
      attributions: [
        "attributions_standing_provider_key (event_id,provider_id) where retracted_at IS NULL",
        "attributions_standing_team_key (event_id,team_id) where retracted_at IS NULL",
      ],
      channels: [
        "channels_kind_address_key (kind,lower(address))",
        "channels_one_default_per_kind (kind) where is_default",
      ],
      downtime_events: ["downtime_events_open_idx (objective_id,started_at) where ended_at IS NULL"],
      objectives: ["objectives_live_name_key (service_id,lower(name)) where retired_at IS NULL"],
    });
  });

  it("refuses objectives that promise what nobody can, and a name that a living one has", async () => {
    const { serviceId, name } = await make.objectives.create(db);
    await expect(make.objectives.create(db, { target: "100" })).toViolateCheck("objectives_target_range");
    await expect(make.objectives.create(db, { periodDays: 0 })).toViolateCheck("objectives_period_days_range");
    await expect(make.objectives.create(db, { serviceId, name: name.toUpperCase() })).toViolateUnique(
      "objectives_live_name_key",
    );
  });

  it("refuses events, attributions, incidents and samples that make no sense", async () => {
    const { events, attributions, incidents, samples } = make;
    // what is computed comes before the checks: an event and a sample are refused by the type of a generated column
    await expect(events.create(db, { startedAt: at(0), endedAt: at(-1) })).toBeDatabaseError(
      "range lower bound must be less than or equal to range upper bound",
    );
    await expect(samples.create(db, { good: 2, total: 1 })).toViolateCheck("percentage_check");
    await expect(attributions.create(db, { kind: "upstream", teamId: make.teams })).toViolateCheck(
      "attributions_team_is_internal",
    );
    await expect(incidents.create(db, { status: "resolved" })).toViolateCheck("incidents_resolved_has_time");
  });

  it("refuses maintenance of one service twice at a time, and without an end", async () => {
    const { serviceId } = await make.maintenance.create(db, { period: "[2026-01-31 12:00Z,2026-01-31 13:00Z)" });
    const more = make.maintenance.extend({ serviceId });
    await expect(more.create(db, { period: "[2026-01-31 12:30Z,2026-01-31 14:00Z)" })).toViolateExclusion(
      "maintenance_windows_no_overlap",
    );
    await expect(more.create(db, { period: "[2026-02-01,)" })).toViolateCheck("maintenance_windows_period_bounded");
  });

  it("fills in what is left out, and computes what follows", async () => {
    expect(await make.events.create(db, { endedAt: null })).toMatchObject({ severityId: "major", summary: null });
    const objective = await db.query.objectives.findFirst();
    expect(objective).toMatchObject({ kind: "availability", periodDays: 30, budget: "0.100" });
    const incident = await make.incidents.create(db);
    const code = `INC-${String(incident.number).padStart(6, "0")}`;
    expect(incident).toMatchObject({ code, status: "investigating" });
    expect(await db.$count(schema.alertPolicies)).toBe(2);
  });

  it("brings the severities, and the providers that everybody depends on", async () => {
    const { providers, severities } = schema;
    expect(await db.select({ id: severities.id }).from(severities).orderBy(severities.rank)).toEqual([
      { id: "critical" },
      { id: "major" },
      { id: "minor" },
    ]);
    expect(await db.select({ id: providers.id, name: providers.name }).from(providers).orderBy(providers.id)).toEqual([
      { id: 1, name: "Example DNS" },
      { id: 2, name: "Example Cloud" },
      { id: 3, name: "Power grid" },
    ]);
  });

  it("begins the numbers of incidents at 1000", async () => {
    const [sequence] = await db.execute(
      sql`select seqstart::integer as start from pg_sequence where seqrelid = 'incident_number'::regclass`,
    );
    expect(sequence).toEqual({ start: 1000 });
  });

  it("notes when an event was changed, and what an objective promised before", async () => {
    const { objectiveId } = await make.events.create(db);
    const event = await changes(db, () => db.update(schema.downtimeEvents).set({ summary: "DNS" }));
    expect(event["downtime_events"]?.updated).toMatchObject([
      { before: { summary: null }, after: { summary: "DNS", updated_at: expect.any(Date) } },
    ]);
    const renamed = await changes(db, () => db.update(schema.objectives).set({ name: "pay" }));
    expect(countsOf(renamed)).toEqual({ objectives: { updated: 1 } });
    const lowered = await changes(db, () => db.update(schema.objectives).set({ target: "99.5" }));
    expect(lowered["objective_revisions"]?.inserted).toMatchObject([
      { objective_id: objectiveId, target: "99.900", period_days: 30 },
    ]);
  });

  it("takes with a service all that is its own; a severity that is in use stays, and may be renamed", async () => {
    await make.events.create(db);
    await expect(db.delete(schema.severities)).toViolateForeignKey("downtime_events_severity_id_severities_id_fk");
    await db.update(schema.severities).set({ id: "grave" }).where(eq(schema.severities.id, "major"));
    expect(await db.query.downtimeEvents.findFirst()).toMatchObject({ severityId: "grave" });
    const written = await changes(db, () => db.delete(schema.services));
    expect(countsOf(written)).toEqual({
      services: { deleted: 1 },
      objectives: { deleted: 1 },
      alert_policies: { deleted: 2 },
      downtime_events: { deleted: 1 },
    });
  });

  it("counts time that several ranges cover once, and gives ranges as arrays", async () => {
    const first = await make.events.create(db, { startedAt: at(0), endedAt: at(10) });
    const second = await make.events.create(db, { startedAt: at(5), endedAt: at(20) });
    const [row] = await db.execute(sql`
      select covered_seconds(range_agg(period)) as seconds, array_agg(id order by id)::integer[] as ids,
             array_agg(severity_id) as severities from downtime_events`);
    expect(row).toEqual({ seconds: 1200, ids: [first.id, second.id], severities: ["major", "major"] });
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
