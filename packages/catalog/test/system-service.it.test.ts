import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import * as schema from "../src/schema/index.ts";
import { SystemService } from "../src/system-service.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("SystemService (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: SystemService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new SystemService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  it("makes the id from the name", async () => {
    const system = await service.register({ name: "Order Intake", tier: 1 });
    expect(system).toMatchObject({ id: "order-intake", name: "Order Intake", lifecycle: "experimental", tier: 1 });
    expect(system.createdAt).toBeInstanceOf(Date);
  });

  describe("getSystemByName", () => {
    beforeAll(async () => {
      await testDb.db.insert(schema.systems).values([
        { id: "api", name: "Api" },
        { id: "api-gateway", name: "Api Gateway" },
        { id: "my-api", name: "My Api" },
        { id: "apx", name: "Apx" },
        { id: "percent", name: "100% Refund" },
        { id: "hundred", name: "1000 Refund" },
        { id: "snake", name: "job_runner" },
        { id: "kebab", name: "job-runner" },
        { id: "backslash", name: String.raw`share\drive` },
        { id: "umlaut", name: "Überweisung" },
        { id: "quote", name: 'O\'Hare "East"' },
        { id: "spaced", name: " Padded " },
      ]);
      await testDb.db.insert(schema.systemAliases).values({ systemId: "my-api", alias: "Mine" });
    });

    it.each(["Api", "api", "API", "aPi"])("finds %j whatever its case", async (name) => {
      expect((await service.getSystemByName(name))?.id).toBe("api");
    });

    it("folds the case of letters outside ASCII", async () => {
      expect((await service.getSystemByName("ÜBERWEISUNG"))?.id).toBe("umlaut");
    });

    it.each(["Ap", "pi", "Api ", " Api", "Api Gatewa", ""])("takes %j for no part of a name", async (name) => {
      expect(await service.getSystemByName(name)).toBeUndefined();
    });

    it.each(["%", "_", "A%", "Ap_", "___", "%api%", "^api$", ".*"])("takes %j for no pattern", async (name) => {
      expect(await service.getSystemByName(name)).toBeUndefined();
    });

    it("finds names that hold wildcard characters, and not their neighbours", async () => {
      expect((await service.getSystemByName("100% refund"))?.id).toBe("percent");
      expect((await service.getSystemByName("JOB_RUNNER"))?.id).toBe("snake");
      expect((await service.getSystemByName("Job-Runner"))?.id).toBe("kebab");
      expect((await service.getSystemByName(String.raw`Share\Drive`))?.id).toBe("backslash");
    });

    it("finds names with quotes and outer spaces as they are", async () => {
      expect((await service.getSystemByName('o\'hare "EAST"'))?.id).toBe("quote");
      expect((await service.getSystemByName(" padded "))?.id).toBe("spaced");
      expect(await service.getSystemByName("padded")).toBeUndefined();
    });

    it("leaves aliases to resolve()", async () => {
      expect(await service.getSystemByName("Mine")).toBeUndefined();
      expect((await service.resolve("mINE"))?.id).toBe("my-api");
    });

    it("resolves a name before an alias of the same word", async () => {
      await testDb.db.insert(schema.systemAliases).values({ systemId: "my-api", alias: "Api" });
      expect((await service.resolve("API"))?.id).toBe("api");
    });

    it("needs no choice between two: names are unique without regard to case", async () => {
      await expect(testDb.db.insert(schema.systems).values({ id: "api-2", name: "aPI" })).rejects.toMatchObject({
        cause: { code: "23505", constraint_name: "systems_name_lower_key" },
      });
    });
  });

  describe("changeLifecycle", () => {
    it("follows the transitions that came with the migrations", async () => {
      await testDb.db.insert(schema.systems).values({ id: "walker", name: "Walker" });
      for (const next of ["active", "deprecated", "active", "deprecated", "retired"] as const) {
        expect((await service.changeLifecycle("walker", next))?.lifecycle).toBe(next);
      }
    });

    it("refuses the others, and changes nothing", async () => {
      await testDb.db.insert(schema.systems).values({ id: "jumper", name: "Jumper", lifecycle: "active" });
      await expect(service.changeLifecycle("jumper", "retired")).rejects.toMatchObject({
        cause: { code: "23514", constraint_name: "systems_lifecycle_transition" },
      });
      expect((await service.getSystemByName("jumper"))?.lifecycle).toBe("active");
    });

    it("touches updated_at, but only for a change", async () => {
      const before = await service.register({ name: "Toucher" });
      const same = await service.changeLifecycle("toucher", "experimental");
      expect(same?.updatedAt).toEqual(before.updatedAt);
      const changed = await service.changeLifecycle("toucher", "active");
      expect(changed?.updatedAt.getTime()).toBeGreaterThanOrEqual(before.updatedAt.getTime());
      const log = await testDb.db.query.auditLog.findMany({ where: (t, { eq }) => eq(t.rowId, "toucher") });
      expect(log.map((entry) => entry.action)).toEqual(["insert", "update", "update"]);
      expect(log[2]?.before?.["updated_at"]).not.toBe(log[2]?.after?.["updated_at"]);
    });

    it("gives undefined for a system that isn't there", async () => {
      expect(await service.changeLifecycle("nobody", "active")).toBeUndefined();
    });
  });

  describe("getCurrentVersions", () => {
    it("gives the latest of each environment, in the order a change travels", async () => {
      await testDb.db.insert(schema.systems).values([
        { id: "shop", name: "Shop" },
        { id: "stock", name: "Stock" },
      ]);
      await testDb.db.insert(schema.deployments).values([
        { systemId: "shop", environmentId: "production", version: "1.9", deployedAt: new Date("2025-03-01T10:00Z") },
        { systemId: "shop", environmentId: "production", version: "1.10", deployedAt: new Date("2025-03-01T10:01Z") },
        { systemId: "shop", environmentId: "development", version: "1.12", deployedAt: new Date("2025-03-01T09:00Z") },
        { systemId: "shop", environmentId: "staging", version: "1.11", deployedAt: new Date("2025-03-01T08:00Z") },
        { systemId: "stock", environmentId: "production", version: "7", deployedAt: new Date("2025-03-02T10:00Z") },
        { systemId: "stock", environmentId: "staging", version: "8", deployedAt: new Date("2025-03-02T10:00Z") },
      ]);
      expect(await service.getCurrentVersions("shop")).toEqual([
        { environmentId: "development", version: "1.12", deployedAt: new Date("2025-03-01T09:00Z") },
        { environmentId: "staging", version: "1.11", deployedAt: new Date("2025-03-01T08:00Z") },
        { environmentId: "production", version: "1.10", deployedAt: new Date("2025-03-01T10:01Z") },
      ]);
      expect(await service.getCurrentVersions("nobody")).toEqual([]);
    });

    it("keeps an environment as long as something was deployed to it", async () => {
      await expect(testDb.db.delete(schema.environments)).rejects.toMatchObject({
        cause: { table_name: "deployments" },
      });
    });
  });
});
