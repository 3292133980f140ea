import { describe, expect, it } from "bun:test";
import { fileURLToPath } from "node:url";
import { isIntegrationEnabled } from "with-test-db";
import { changes, countsOf } from "with-test-db/assertions";
import "with-test-db/assertions/bun";
import { useTestDb } from "with-test-db/bun";
import * as schema from "../src/schema/index.ts";
import { SystemService } from "../src/system-service.ts";
import { make } from "../test/factories.ts";

const migrationsFolder = fileURLToPath(new URL("../drizzle", import.meta.url));
const testDb = await useTestDb({ schema, migrationsFolder, between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("SystemService (real Postgres, under bun)", () => {
  const { db } = testDb;
  const service = new SystemService(db);

  it("scopes the lookup to the right rows", async () => {
    const { id } = await make.systems.create(db, { name: "Api" });
    const gateway = await make.systems.create(db, { name: "Api Gateway" });
    expect((await service.getSystemByName("api"))?.id).toBe(id);
    expect((await service.getSystemByName("API GATEWAY"))?.id).toBe(gateway.id);
    expect(await service.getSystemByName("ap_")).toBeUndefined();
    await expect(make.systems.create(db, { name: "aPI" })).toViolateUnique("systems_name_lower_key");
  });

  it("lets the manager of one system delete nothing of another's", async () => {
    const other = await make.systems.create(db);
    const contact = await make.contacts.create(db);
    const link = await make.links.create(db);
    const written = await changes(db, async () => {
      expect(await service.deleteContact({ systemId: other.id, contactId: contact.id })).toBe(false);
      expect(await service.deleteLink({ systemId: other.id, linkId: link.id })).toBe(false);
    });
    expect(written).toEqual({});
    expect(await service.deleteContact({ systemId: contact.systemId, contactId: contact.id })).toBe(true);
    expect(await service.deleteLink({ systemId: link.systemId, linkId: link.id })).toBe(true);
  });

  it("has the triggers, types and rows that the migrations brought", async () => {
    const written = await changes(db, async () => {
      const { id } = await service.register({ name: "Order Intake" });
      expect((await service.changeLifecycle(id, "active"))?.lifecycle).toBe("active");
    });
    expect(countsOf(written)).toEqual({ systems: { inserted: 1 }, audit_log: { inserted: 2 } });
    const environments = await db.query.environments.findMany({ orderBy: (t, { asc }) => asc(t.rank) });
    expect(environments.map((environment) => environment.id)).toEqual(["development", "staging", "production"]);
  });
});
