import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import * as schema from "../src/schema/index.ts";
import { SearchService } from "../src/search-service.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("SearchService (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: SearchService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new SearchService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  beforeAll(async () => {
    await testDb.db.insert(schema.teams).values({ slug: "platform", name: "Platform" });
    const [team] = await testDb.db.select().from(schema.teams);
    await testDb.db.insert(schema.systems).values([
      { id: "api", name: "Api", ownerTeamId: team?.id ?? null, lifecycle: "active" },
      { id: "payments", name: "Payments", description: "Takes cards and refunds them" },
      { id: "payment-reports", name: "Payment Reports", description: "Sums for accounting", lifecycle: "deprecated" },
      { id: "old-payments", name: "Payments Classic", description: "Refunding by letter", lifecycle: "retired" },
      { id: "percent", name: "50% Club" },
      { id: "fifty", name: "500 Club" },
      { id: "snake", name: "job_runner" },
      { id: "kebab", name: "job-runner" },
    ]);
  });

  const ids = (rows: { id: string }[]): string[] => rows.map((row) => row.id);

  describe("suggest", () => {
    it("forgives a typo and puts the nearest first", async () => {
      expect(ids(await service.suggest("Paymets"))).toEqual(["payments", "payment-reports"]);
    });

    it("never suggests a retired system, however near", async () => {
      expect(ids(await service.suggest("Payments Classic"))).not.toContain("old-payments");
    });

    it("keeps to its limit", async () => {
      expect(ids(await service.suggest("payment", { limit: 1 }))).toEqual(["payments"]);
    });

    it("suggests nothing for nonsense, wildcards or nothing", async () => {
      for (const typed of ["xqzv", "%", "___", ""]) expect(await service.suggest(typed)).toEqual([]);
    });
  });

  describe("find", () => {
    it("finds a part of the name, in any case", async () => {
      expect(ids(await service.find("AYMENT"))).toEqual(["payment-reports", "payments"]);
    });

    it("finds a word of the description in another form", async () => {
      expect(ids(await service.find("refund"))).toEqual(["payments"]);
    });

    it("takes % and _ for themselves", async () => {
      expect(ids(await service.find("50%"))).toEqual(["percent"]);
      expect(ids(await service.find("b_r"))).toEqual(["snake"]);
      expect(ids(await service.find("b-r"))).toEqual(["kebab"]);
      expect(ids(await service.find("\\"))).toEqual([]);
    });

    it("follows a change of the name", async () => {
      await testDb.db.insert(schema.systems).values({ id: "renamed", name: "Turnip", description: "Greens" });
      expect(ids(await service.find("greens"))).toEqual(["renamed"]);
      await testDb.db.execute("update systems set description = 'Cabbages' where id = 'renamed'");
      expect(ids(await service.find("green"))).toEqual([]);
      expect(ids(await service.find("cabbage"))).toEqual(["renamed"]);
    });
  });

  it("lists what lives, with the team that owns it", async () => {
    const live = await service.listLive();
    expect(live.find((system) => system.id === "api")).toEqual({
      id: "api",
      name: "Api",
      lifecycle: "active",
      tier: 3,
      teamSlug: "platform",
    });
    expect(live.find((system) => system.id === "payments")?.teamSlug).toBeNull();
    expect(ids(live)).not.toContain("old-payments");
  });

  describe("tags", () => {
    it("starts with the words the migrations brought", async () => {
      const tags = await testDb.db.select().from(schema.tags).orderBy(schema.tags.id);
      expect(tags.slice(0, 3)).toEqual([
        { id: 1, name: "customer-facing" },
        { id: 2, name: "internal" },
        { id: 3, name: "PCI" },
      ]);
      expect(await service.getTagUsage()).toEqual({ "customer-facing": 0, internal: 0, PCI: 0 });
    });

    it("compares them without regard to case and keeps the first spelling", async () => {
      await service.tag("payments", "pci");
      await service.tag("payments", "Pci");
      await service.tag("api", "Beta");
      await service.tag("payment-reports", "BETA");
      await service.tag("old-payments", "beta");
      expect(await service.listTagged("PCI")).toEqual(["payments"]);
      expect(await service.listTagged("beta")).toEqual(["api", "payment-reports"]);
      expect(await service.listTagged("bet_")).toEqual([]);
      const tags = await testDb.db.select().from(schema.tags).orderBy(schema.tags.id);
      expect(tags.map((tag) => tag.name)).toEqual(["customer-facing", "internal", "PCI", "Beta"]);
    });

    it("counts as of the last refresh", async () => {
      expect((await service.getTagUsage())["PCI"]).toBe(0);
      await service.refreshTagUsage();
      expect(await service.getTagUsage()).toEqual({ "customer-facing": 0, internal: 0, PCI: 1, Beta: 3 });
    });
  });
});
