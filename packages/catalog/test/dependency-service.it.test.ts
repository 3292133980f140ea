import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { DependencyService } from "../src/dependency-service.ts";
import * as schema from "../src/schema/index.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("DependencyService (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: DependencyService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new DependencyService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  beforeAll(async () => {
    const names = ["api", "web", "mobile", "billing", "docs", "ledger"];
    await testDb.db.insert(schema.systems).values(names.map((id) => ({ id, name: id })));
    // web and mobile need api, api needs billing, billing needs ledger; docs is only built from api
    await service.declare({ systemId: "web", dependsOnId: "api" });
    await service.declare({ systemId: "mobile", dependsOnId: "api" });
    await service.declare({ systemId: "api", dependsOnId: "billing" });
    await service.declare({ systemId: "mobile", dependsOnId: "billing" });
    await service.declare({ systemId: "billing", dependsOnId: "ledger" });
    await service.declare({ systemId: "docs", dependsOnId: "api", kind: "build" });
  });

  const steps = (rows: { systemId: string; depth: number }[]) => rows.map(({ systemId, depth }) => [systemId, depth]);

  it("walks to the end, nearest first, each system once and by its shortest way", async () => {
    expect(steps(await service.listDependents("ledger"))).toEqual([
      ["billing", 1],
      ["api", 2],
      ["mobile", 2],
      ["web", 3],
    ]);
  });

  it("leaves out what only needs it for building", async () => {
    expect(steps(await service.listDependents("api"))).toEqual([
      ["mobile", 1],
      ["web", 1],
    ]);
  });

  it("gives nothing for a system that nobody needs, or that isn't there", async () => {
    expect(await service.listDependents("web")).toEqual([]);
    expect(await service.listDependents("nobody")).toEqual([]);
  });

  it("leaves out what lives on without it, and all behind that", async () => {
    await service.declare({ systemId: "api", dependsOnId: "billing", isCritical: false });
    expect(steps(await service.listDependents("ledger"))).toEqual([
      ["billing", 1],
      ["mobile", 2],
    ]);
    await service.declare({ systemId: "api", dependsOnId: "billing", isCritical: true });
  });

  it("comes to an end in a circle", async () => {
    await service.declare({ systemId: "ledger", dependsOnId: "web" });
    expect(steps(await service.listDependents("web"))).toEqual([
      ["ledger", 1],
      ["billing", 2],
      ["api", 3],
      ["mobile", 3],
    ]);
  });

  it("refuses a system that needs itself", async () => {
    await expect(service.declare({ systemId: "api", dependsOnId: "api" })).rejects.toMatchObject({
      cause: { constraint_name: "dependencies_not_self" },
    });
  });

  it("lists the consumers of an interface to its own system only", async () => {
    const [orders] = await testDb.db
      .insert(schema.interfaces)
      .values([
        { systemId: "api", name: "orders", protocol: "http" },
        { systemId: "billing", name: "orders", protocol: "events" },
      ])
      .returning();
    if (orders === undefined) throw new Error("no interface");
    expect(orders.id).toBe(1000);
    await service.declare({ systemId: "web", dependsOnId: "api", interfaceId: orders.id });
    await service.declare({ systemId: "web", dependsOnId: "api", kind: "build", interfaceId: orders.id });
    expect(await service.listConsumers({ systemId: "api", interfaceId: orders.id })).toEqual(["web"]);
    expect(await service.listConsumers({ systemId: "billing", interfaceId: orders.id })).toEqual([]);
    expect(await service.listConsumers({ systemId: "api", interfaceId: orders.id + 1 })).toEqual([]);
  });

  it("keeps a dependency whose interface is gone", async () => {
    await testDb.db.delete(schema.interfaces);
    expect(steps(await service.listDependents("api"))).toContainEqual(["web", 1]);
    expect(
      await testDb.db.query.dependencies.findMany({ where: (t, { isNotNull }) => isNotNull(t.interfaceId) }),
    ).toEqual([]);
  });
});
