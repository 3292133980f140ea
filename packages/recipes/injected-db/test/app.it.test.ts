import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../../schema.ts";
import { createApp } from "../src/app.ts";

const testDb = await useTestDb({ schema, migrationsFolder: "drizzle", between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("notebooks", () => {
  const post = (body: object) =>
    createApp(testDb.db).request("/notebooks", { method: "POST", body: JSON.stringify(body) });
  const get = async (name: string) => (await createApp(testDb.db).request(`/notebooks/${name}`)).json();

  it("stores a notebook with its notes", async () => {
    expect((await post({ name: "work", notes: ["one", "two"] })).status).toBe(201);
    expect(await get("work")).toEqual({ name: "work", notes: ["one", "two"] });
  });

  it("stores nothing of a notebook that is there already", async () => {
    expect((await post({ name: "inbox", notes: ["lost"] })).status).toBe(409);
    expect(await get("inbox")).toEqual({ name: "inbox", notes: [] });
  });

  it("sees nothing of the test before", async () => {
    expect(await get("work")).toEqual({ error: "not found" });
  });
});
