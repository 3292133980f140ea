import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Session } from "../../src/connections/session.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { nodePostgres } from "../../src/drivers/node-postgres.ts";
import { postgresJs } from "../../src/drivers/postgres-js.ts";
import { applyStep } from "../../src/home/steps.ts";
import { fullServer } from "../support/full-server.ts";

const DRIVERS: readonly (readonly [name: string, driver: Driver<unknown>])[] = [
  ["postgres.js", postgresJs({})],
  ["node-postgres", nodePostgres({})],
];

describe.each(DRIVERS)("a step with %s on a server that has no connection left", (_, driver) => {
  const full = fullServer();

  it("waits for one, and says so by name after the deadline", async () => {
    const [session, other] = (await full.takeAllBut(0)) as [Session, Session];
    let runs = 0;
    const seed = { key: "counts", run: async () => ++runs };
    await expect(applyStep("seed", session, seed, driver, 200)).rejects.toMatchObject({ code: "SERVER_FULL" });
    const applied = applyStep("seed", session, seed, driver, 60_000);
    await sleep(300);
    expect(runs).toBe(0);
    await other.close();
    await applied;
    expect(runs).toBe(1);
  });
});
