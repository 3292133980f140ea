import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { race } from "with-test-db/seams";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../src/schema/index.ts";
import { SearchService } from "../src/search-service.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

// tags that several give at once are committed, and so is what the materialized view counts
const testDb = await useTestDb({ schema, migrationsFolder, between: "truncate" });

describe.skipIf(!isIntegrationEnabled())("SearchService (real Postgres)", () => {
  const { db } = testDb;
  const service = new SearchService(db);
  const ids = (rows: { id: string }[]): string[] => rows.map((row) => row.id);

  describe("by words", () => {
    beforeEach(async () => {
      await db.insert(schema.systems).values([
        { id: "api", name: "Api" },
        { id: "payments", name: "Payments", description: "Takes cards and refunds them" },
        { id: "payment-reports", name: "Payment Reports", description: "Sums for accounting", lifecycle: "deprecated" },
        { id: "old-payments", name: "Payments Classic", description: "Refunding by letter", lifecycle: "retired" },
        { id: "percent", name: "50% Club" },
        { id: "fifty", name: "500 Club" },
        { id: "snake", name: "job_runner" },
        { id: "kebab", name: "job-runner" },
      ]);
    });

    it("forgives a typo and puts the nearest first", async () => {
      expect(ids(await service.suggest("Paymets"))).toEqual(["payments", "payment-reports"]);
    });

    it("puts those that are as near in the order of their names", async () => {
      for (const name of ["Ledger Two", "Ledger One"]) await make.systems.create(db, { name });
      expect((await service.suggest("ledger")).map(({ name }) => name)).toEqual(["Ledger One", "Ledger Two"]);
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
  });

  it("follows a change of the description", async () => {
    const { id } = await make.systems.create(db, { description: "Greens" });
    expect(ids(await service.find("greens"))).toEqual([id]);
    await db.update(schema.systems).set({ description: "Cabbages" }).where(eq(schema.systems.id, id));
    expect(ids(await service.find("green"))).toEqual([]);
    expect(ids(await service.find("cabbage"))).toEqual([id]);
  });

  it("is served by the indexes of trigrams and of words", async () => {
    await expect(() => service.suggest("Paymets")).toBeServedByAnIndex(db);
    await expect(() => service.find("refund")).toBeServedByAnIndex(db);
  });

  it("lists what lives, with the team that owns it, in one query", async () => {
    const { slug, id: ownerTeamId } = await make.teams.create(db);
    const owned = await make.systems.with("active").create(db, { name: "Api", ownerTeamId });
    const alone = await make.systems.create(db, { name: "Web" });
    await make.systems.with("retired").create(db);
    expect(await service.listLive()).toEqual([
      { id: owned.id, name: "Api", lifecycle: "active", tier: 3, teamSlug: slug },
      { id: alone.id, name: "Web", lifecycle: "experimental", tier: 3, teamSlug: null },
    ]);
    await expect(() => service.listLive()).toRunAtMost(1);
  });

  describe("tags", () => {
    const names = async () => (await db.select().from(schema.tags).orderBy(schema.tags.id)).map(({ name }) => name);

    it("starts with the words the migrations brought", async () => {
      expect(await db.select().from(schema.tags).orderBy(schema.tags.id)).toEqual([
        { id: 1, name: "customer-facing" },
        { id: 2, name: "internal" },
        { id: 3, name: "PCI" },
      ]);
      expect(await service.getTagUsage()).toEqual({ "customer-facing": 0, internal: 0, PCI: 0 });
    });

    it("compares them without regard to case and keeps the first spelling", async () => {
      for (const id of ["api", "payments", "reports"]) await make.systems.create(db, { id });
      const { id: retired } = await make.systems.with("retired").create(db);
      await service.tag("payments", "pci");
      await service.tag("payments", "Pci");
      await service.tag("api", "Beta");
      await service.tag("reports", "BETA");
      await service.tag(retired, "beta");
      expect(await service.listTagged("PCI")).toEqual(["payments"]);
      expect(await service.listTagged("beta")).toEqual(["api", "reports"]);
      expect(await service.listTagged("bet_")).toEqual([]);
      expect(await names()).toEqual(["customer-facing", "internal", "PCI", "Beta"]);
    });

    it("makes one tag of one word that several give at once", async () => {
      const systems = await make.systems.createMany(db, 6);
      const { errors } = await race(testDb, 6, (db, index) =>
        new SearchService(db).tag(systems[index]?.id ?? "", index % 2 === 0 ? "Beta" : "beta"),
      );
      expect(errors).toEqual([]);
      expect(await names()).toHaveLength(4);
      expect(await service.listTagged("BETA")).toEqual(ids(systems).sort());
    });

    it("are looked up by indexes", async () => {
      await expect(() => service.listTagged("beta")).toBeServedByAnIndex(db);
    });

    it("counts as of the last refresh", async () => {
      const { id: beta } = await make.tags.having({ uses: [make.systemTags, 2] }).create(db, { name: "Beta" });
      const { systemId } = await make.systemTags.create(db, { tagId: beta });
      await service.tag(systemId, "PCI");
      expect((await service.getTagUsage())["PCI"]).toBe(0);
      await service.refreshTagUsage();
      expect(await service.getTagUsage()).toEqual({ "customer-facing": 0, internal: 0, PCI: 1, Beta: 3 });
    });
  });
});
