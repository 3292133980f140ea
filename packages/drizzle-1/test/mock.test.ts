/** The mock's conformance suite once more, under drizzle-orm 1.0, and a service of this package on it. */
import * as orm from "drizzle-orm";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import { nodePgCodecs } from "drizzle-orm/node-postgres/codecs";
import * as core from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import { postgresJsCodecs } from "drizzle-orm/postgres-js/codecs";
import { npmVersion } from "drizzle-orm/version";
import { describe, expect, it } from "vitest";
import { createMockDb, postgresError } from "with-test-db/mock";
import { mockConformance } from "../../../test/mock/conformance.ts";
import { relations } from "../src/relations.ts";
import { RotaService } from "../src/rota-service.ts";
import { engineers, load, rotations } from "../src/schema.ts";
import { drizzle1 } from "./drizzle-1.ts";

mockConformance({
  name: `drizzle-orm ${npmVersion}`,
  orm: orm as never,
  core: core as never,
  createMockDb: createMockDb as never,
  postgresError,
  typedBy: drizzle1.typedBy,
  real: (options) => [
    { db: drizzle.mock(options) as never, drizzle: { codecs: postgresJsCodecs } },
    { db: drizzlePg.mock(options) as never, drizzle: { codecs: nodePgCodecs } },
  ],
});

describe("RotaService (mocked)", () => {
  const at = new Date(Date.UTC(2026, 0, 1, 8));

  it("calls the fallback where nobody has a shift", async () => {
    const mock = createMockDb({ relations });
    const eve = { id: 3, handle: "eve", timezone: "UTC", skills: [], reach: {} };
    mock.on
      .query((db) => db.query.rotations.findFirst({ with: { fallback: true, shifts: { with: { engineer: true } } } }))
      .returns({ id: 1, name: "default", fallbackId: 3, fallback: eve, shifts: [] });
    expect(await new RotaService(mock.db).onCall("default", at)).toEqual(["eve"]);
    expect(mock.calls).toMatchObject([
      { operation: "findFirst", table: "rotations", config: { where: { name: "default" } } },
    ]);
  });

  it("knows no hours of somebody who is not in the view", async () => {
    const mock = createMockDb({ relations });
    mock.on.select(load).returns([]);
    expect(await new RotaService(mock.db).hours(7)).toBe(0);
    expect(mock.calls).toMatchObject([{ where: { params: [7] } }]);
  });

  it("has an insert of some columns, and execute in the form that is asked for", async () => {
    const mock = createMockDb({ relations });
    mock.on.insert(rotations).returns([{ id: 1, name: "default", fallbackId: null }]);
    mock.on.execute("select 1 as one").returns([{ one: 1 }]);
    expect(await mock.db.insert(rotations, "name").values({ name: "default" }).returning({ id: rotations.id })).toEqual(
      [{ id: 1 }],
    );
    expect(await mock.db.execute("select 1 as one", "objects")).toEqual([{ one: 1 }]);
    expect(mock.calls).toMatchObject([{ sql: 'insert into "rotations" ("name") values ($1) returning "id"' }, {}]);
  });

  it("writes parameters as a driver does, by its codecs", async () => {
    const mock = createMockDb({ relations, drizzle: { codecs: postgresJsCodecs } });
    await mock.db.update(engineers).set({ skills: ["sql", "go"] });
    const real = drizzle
      .mock({ relations })
      .update(engineers)
      .set({ skills: ["sql", "go"] })
      .toSQL();
    expect(mock.calls).toMatchObject([{ sql: real.sql, params: real.params }]);
  });
});
