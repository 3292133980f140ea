import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { endCallers, runCallers, type Served } from "../support/callers.ts";
import { CALLERS, Crowd, PATIENCE } from "../support/crowd.ts";

describe.skipIf(!isIntegrationEnabled())(`${CALLERS} callers`, () => {
  const crowd = new Crowd();
  afterEach(endCallers);

  describe("of a process that came first", () => {
    beforeAll(() => crowd.start(16));
    afterAll(() => crowd.stop());

    it(
      "don't keep those of another one waiting until they all are served",
      async () => {
        await crowd.run(1, { from: "with-test-db", count: 1, units: "one" });
        const many = crowd.run(1, { from: "with-test-db", count: 2 * CALLERS, units: "one" });
        // all of them wait by then, or are served
        await expect.poll(() => crowd.usedConnections(), { timeout: 20_000, interval: 20 }).toBe(16);
        const few = crowd.run(1, { from: "with-test-db", count: 3, units: "one" });
        const lastOf = ([served]: readonly Served[]): number => served?.order.at(-1)?.[1] ?? 0;
        const [first, second] = await Promise.all([many, few]);
        await crowd.expectAllServed([...first], 2 * CALLERS);
        await crowd.expectAllServed([...second], 3);
        expect(lastOf(second)).toBeLessThan(lastOf(first));
      },
      PATIENCE,
    );
  });

  describe("of a process that has to wait", () => {
    beforeAll(() => crowd.start(6));
    afterAll(() => crowd.stop());

    it(
      "are told why, once",
      async () => {
        const held = await Promise.all(Array.from({ length: 5 }, () => openSession(crowd.server.target)));
        let heard = "";
        const calls = {
          url: crowd.url,
          migrationsFolder: crowd.migrationsFolder,
          from: "with-test-db",
          count: 3,
          units: "one",
        } as const;
        const served = runCallers(calls, (words) => {
          heard = words;
        });
        await expect.poll(() => heard, { timeout: 20_000 }).toMatch(/waiting for a connection/);
        await Promise.all(held.map((session) => session.close()));
        const { stderr, order } = await served;
        expect(order).toHaveLength(3);
        expect(stderr.match(/^.*waiting for a connection.*$/gm)).toEqual([
          `with-test-db: waiting for a connection to postgres@127.0.0.1:${crowd.server.port}/postgres, for up to 60 s: all its connections are in use; raise its max_connections, or run fewer suites at once`,
        ]);
      },
      PATIENCE,
    );
  });

  describe("from more processes than there are connections", () => {
    beforeAll(() => crowd.start(8));
    afterAll(() => crowd.stop());

    it(
      "are all served",
      async () => {
        await crowd.expectAllServed(await crowd.run(9, { from: "with-test-db", count: 1, units: "two" }), 1);
      },
      PATIENCE,
    );
  });
});
