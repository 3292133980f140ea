/** The mock under drizzle-orm 0.45. */
import * as orm from "drizzle-orm";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import * as core from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import { describe, expect, it } from "vitest";
import { createMockDb, postgresError } from "../../src/mock.ts";
import { DRIZZLE_0 } from "../drivers/subjects.ts";
import { mockConformance } from "./conformance.ts";

mockConformance({
  name: "drizzle-orm 0.45",
  orm,
  core,
  createMockDb: createMockDb as never,
  postgresError,
  typedBy: DRIZZLE_0.typedBy,
  real: (options) => [{ db: drizzle.mock(options) as never }, { db: drizzlePg.mock(options) as never }],
});

describe("options for Drizzle", () => {
  const camels = core.pgTable("camels", { twoHumps: core.boolean() });

  it("change its SQL", async () => {
    const mock = createMockDb({ drizzle: { casing: "snake_case" } });
    await mock.db.update(camels).set({ twoHumps: true }).where(orm.eq(camels.twoHumps, false));
    expect(mock.calls).toMatchObject([
      {
        sql: 'update "camels" set "two_humps" = $1 where "camels"."two_humps" = $2',
        where: { sql: '"camels"."two_humps" = $1' },
      },
    ]);
  });

  it("log it", async () => {
    const logged: string[] = [];
    const mock = createMockDb({ drizzle: { logger: { logQuery: (text) => logged.push(text) } } });
    await mock.db.delete(camels);
    expect(logged).toEqual(['delete from "camels"']);
  });
});
