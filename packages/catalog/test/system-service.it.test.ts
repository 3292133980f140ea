import { beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { changes, countsOf } from "with-test-db/assertions";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../src/schema/index.ts";
import { SystemService } from "../src/system-service.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

// what a test writes is rolled back, and what beforeAll() wrote is there for all of them
const testDb = await useTestDb({ schema, migrationsFolder, between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("SystemService (real Postgres)", () => {
  const { db } = testDb;
  const service = new SystemService(db);

  it("makes the id from the name", async () => {
    const system = await service.register({ name: "Order Intake", tier: 1 });
    expect(system).toMatchObject({ id: "order-intake", name: "Order Intake", lifecycle: "experimental", tier: 1 });
    expect(system.createdAt).toBeInstanceOf(Date);
  });

  it("registers a system, has that written down, and writes nothing else", async () => {
    const written = await changes(db, () => service.register({ name: "Order Intake" }));
    expect(countsOf(written)).toEqual({ systems: { inserted: 1 }, audit_log: { inserted: 1 } });
  });

  describe("getSystemByName", () => {
    beforeAll(async () => {
      await db.insert(schema.systems).values([
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
      await make.aliases.create(db, { systemId: "my-api", alias: "Mine" });
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
      await make.aliases.create(db, { alias: "Yours" });
      expect((await service.resolve("mINE"))?.id).toBe("my-api");
      expect(await service.resolve("Nobody's")).toBeUndefined();
    });

    it("resolves a name before an alias of the same word", async () => {
      await make.aliases.create(db, { systemId: "my-api", alias: "Api" });
      expect((await service.resolve("API"))?.id).toBe("api");
    });

    it("needs no choice between two: names are unique without regard to case", async () => {
      await expect(make.systems.create(db, { name: "aPI" })).toViolateUnique("systems_name_lower_key");
    });

    it("is served by indexes, however many systems and aliases there are", async () => {
      await expect(() => service.getSystemByName("Api")).toBeServedByAnIndex(db);
      await expect(() => service.resolve("Mine")).toBeServedByAnIndex(db);
    });
  });

  describe("changeLifecycle", () => {
    it("follows the transitions that came with the migrations", async () => {
      const { id } = await make.systems.create(db);
      for (const next of ["active", "deprecated", "active", "deprecated", "retired"] as const) {
        expect((await service.changeLifecycle(id, next))?.lifecycle).toBe(next);
      }
    });

    it("refuses the others, and changes nothing", async () => {
      const { id } = await make.systems.with("active").create(db);
      const written = await changes(db, () =>
        expect(service.changeLifecycle(id, "retired")).toViolateCheck("systems_lifecycle_transition"),
      );
      expect(written).toEqual({});
    });

    it("touches updated_at, but only for a change", async () => {
      const { id, updatedAt } = await service.register({ name: "Toucher" });
      const same = await service.changeLifecycle(id, "experimental");
      expect(same?.updatedAt).toEqual(updatedAt);
      const written = await changes(db, () => service.changeLifecycle(id, "active"));
      expect(written["systems"]).toEqual({
        updated: [
          {
            key: { id },
            before: { lifecycle: "experimental", updated_at: updatedAt },
            after: { lifecycle: "active", updated_at: expect.any(Date) },
          },
        ],
      });
      const log = await db.query.auditLog.findMany({
        where: (t, { eq }) => eq(t.rowId, id),
        orderBy: (t, { asc }) => asc(t.id),
      });
      expect(log.map((entry) => entry.action)).toEqual(["insert", "update", "update"]);
      expect(log[2]?.before?.["updated_at"]).not.toBe(log[2]?.after?.["updated_at"]);
    });

    it("gives undefined for a system that isn't there", async () => {
      expect(await service.changeLifecycle("nobody", "active")).toBeUndefined();
    });
  });

  describe("getCurrentVersions", () => {
    const at = (time: string): Date => new Date(`2025-03-01T${time}Z`);

    it("gives the latest of each environment, in the order a change travels", async () => {
      await make.systems.create(db, { id: "shop" });
      const { create } = make.deployments.extend({ systemId: "shop" });
      await create(db, { environmentId: "production", version: "1.9", deployedAt: at("10:00") });
      await create(db, { environmentId: "production", version: "1.10", deployedAt: at("10:01") });
      await create(db, { environmentId: "development", version: "1.12", deployedAt: at("09:00") });
      await create(db, { environmentId: "staging", version: "1.11", deployedAt: at("08:00") });
      const other = await make.deployments.create(db, { environmentId: "staging", deployedAt: at("11:00") });
      expect(await service.getCurrentVersions("shop")).toEqual([
        { environmentId: "development", version: "1.12", deployedAt: at("09:00") },
        { environmentId: "staging", version: "1.11", deployedAt: at("08:00") },
        { environmentId: "production", version: "1.10", deployedAt: at("10:01") },
      ]);
      expect(await service.getCurrentVersions(other.systemId)).toMatchObject([{ version: other.version }]);
      expect(await service.getCurrentVersions("nobody")).toEqual([]);
    });

    it("asks once, and is served by an index; environments are three", async () => {
      const { systemId } = await make.deployments.create(db);
      await expect(() => service.getCurrentVersions(systemId)).toRunAtMost(1);
      await expect(() => service.getCurrentVersions(systemId)).toBeServedByAnIndex(db, {
        except: [schema.environments],
      });
    });

    it("keeps an environment as long as something was deployed to it", async () => {
      await make.deployments.create(db);
      await expect(db.delete(schema.environments)).toViolateForeignKey("deployments_environment_id_environments_id_fk");
    });
  });
});
