import { afterAll, beforeAll, describe, expect, it } from "bun:test";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import * as schema from "../src/schema/index.ts";
import { SystemService } from "../src/system-service.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("SystemService (real Postgres, under bun)", () => {
  let testDb: TestDb<typeof schema>;
  let service: SystemService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new SystemService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  it("scopes the lookup to the right rows", async () => {
    await testDb.db.insert(schema.systems).values([
      { id: "api", name: "Api" },
      { id: "api-gateway", name: "Api Gateway" },
    ]);
    expect((await service.getSystemByName("api"))?.id).toBe("api");
    expect((await service.getSystemByName("API GATEWAY"))?.id).toBe("api-gateway");
    expect(await service.getSystemByName("ap_")).toBeUndefined();
  });

  it("lets the manager of one system delete nothing of another's", async () => {
    const contact = await service.addContact({ systemId: "api", kind: "email", value: "api@example.org" });
    expect(await service.deleteContact({ systemId: "api-gateway", contactId: contact.id })).toBe(false);
    expect(await service.deleteContact({ systemId: "api", contactId: contact.id })).toBe(true);

    const link = await service.addLink({ systemId: "api", kind: "docs", title: "Docs", url: "https://example.org" });
    expect(await service.deleteLink({ systemId: "api-gateway", linkId: link.id })).toBe(false);
    expect(await service.deleteLink({ systemId: "api", linkId: link.id })).toBe(true);
  });

  it("has the triggers, types and rows that the migrations brought", async () => {
    const system = await service.register({ name: "Order Intake" });
    expect((await service.changeLifecycle(system.id, "active"))?.lifecycle).toBe("active");
    const log = await testDb.db.query.auditLog.findMany({ where: (t, { eq }) => eq(t.rowId, system.id) });
    expect(log.map((entry) => entry.action)).toEqual(["insert", "update"]);
    const environments = await testDb.db.query.environments.findMany({ orderBy: (t, { asc }) => asc(t.rank) });
    expect(environments.map((environment) => environment.id)).toEqual(["development", "staging", "production"]);
  });
});
