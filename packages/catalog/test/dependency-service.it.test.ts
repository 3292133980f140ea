import { isNotNull } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { useTestDb } from "with-test-db/vitest";
import { DependencyService } from "../src/dependency-service.ts";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

// the systems of beforeAll() stay, and what a test changes of them is rolled back
const testDb = await useTestDb({ schema, migrationsFolder, between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("DependencyService (real Postgres)", () => {
  const { db } = testDb;
  const service = new DependencyService(db);

  beforeAll(async () => {
    for (const id of ["api", "web", "mobile", "billing", "docs", "ledger"]) await make.systems.create(db, { id });
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

  it("walks in one query, however far", async () => {
    await expect(() => service.listDependents("ledger")).toRunAtMost(1);
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
    await expect(service.declare({ systemId: "api", dependsOnId: "api" })).toViolateCheck("dependencies_not_self");
  });

  it("lists the consumers of an interface to its own system only", async () => {
    const orders = await make.interfaces.create(db, { systemId: "api", name: "orders" });
    await make.interfaces.create(db, { systemId: "billing", name: "orders" });
    await service.declare({ systemId: "web", dependsOnId: "api", interfaceId: orders.id });
    await service.declare({ systemId: "web", dependsOnId: "api", kind: "build", interfaceId: orders.id });
    await service.declare({ systemId: "mobile", dependsOnId: "api", interfaceId: orders.id });
    expect(await service.listConsumers({ systemId: "api", interfaceId: orders.id })).toEqual(["mobile", "web"]);
    expect(await service.listConsumers({ systemId: "billing", interfaceId: orders.id })).toEqual([]);
    expect(await service.listConsumers({ systemId: "api", interfaceId: orders.id + 1 })).toEqual([]);
  });

  it("finds consumers by indexes", async () => {
    await expect(() => service.listConsumers({ systemId: "api", interfaceId: 1 })).toBeServedByAnIndex(db);
  });

  it("keeps a dependency whose interface is gone", async () => {
    const { id } = await make.interfaces.create(db, { systemId: "api" });
    await service.declare({ systemId: "web", dependsOnId: "api", interfaceId: id });
    await db.delete(schema.interfaces);
    expect(steps(await service.listDependents("api"))).toContainEqual(["web", 1]);
    expect(await db.$count(schema.dependencies, isNotNull(schema.dependencies.interfaceId))).toBe(0);
  });
});
