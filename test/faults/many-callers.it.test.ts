/** More calls than the server has connections, from many processes at once: each gets its unit in the end. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { endCallers, runCallers, type Served } from "../support/callers.ts";
import { CALLERS, Crowd, PATIENCE } from "../support/crowd.ts";

const PROCESSES = CALLERS >= 1000 ? 20 : 4;
const CONNECTIONS = CALLERS >= 1000 ? 100 : 14;

describe.skipIf(!isIntegrationEnabled())(`${CALLERS} callers`, () => {
  const crowd = new Crowd();
  afterEach(endCallers);

  describe.each(["with-test-db", "with-test-db/pg"] as const)("of %s", (from) => {
    beforeAll(() => crowd.start(CONNECTIONS));
    afterAll(() => crowd.stop());

    it(
      `from ${PROCESSES} processes on ${CONNECTIONS} connections are all served, in the order of their calls`,
      async () => {
        const count = CALLERS / PROCESSES;
        const served = await crowd.run(PROCESSES, { from, count });
        await crowd.expectAllServed(served, count);

        // by chance it would be a half
        const overtaken = served.map(({ order }) => shareOfOvertaken(order.map(([call]) => call)));
        expect(overtaken.reduce((sum, share) => sum + share) / PROCESSES).toBeLessThan(0.3);
      },
      PATIENCE,
    );
  });

  describe("of a process that came first", () => {
    beforeAll(() => crowd.start(16));
    afterAll(() => crowd.stop());

    it(
      "don't keep those of another one waiting until they all are served",
      async () => {
        await crowd.run(1, { from: "with-test-db", count: 1 });
        const many = crowd.run(1, { from: "with-test-db", count: 2 * CALLERS });
        // all of them have called by then
        await expect.poll(() => crowd.usedConnections(), { timeout: 20_000, interval: 5 }).toBeGreaterThan(2);
        const few = crowd.run(1, { from: "with-test-db", count: 3 });
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
        const { url, migrationsFolder } = crowd;
        const served = runCallers({ url, migrationsFolder, from: "with-test-db", count: 3 }, (words) => {
          heard = words;
        });
        await expect.poll(() => heard, { timeout: 20_000 }).toMatch(/waiting for a connection/);
        await Promise.all(held.map((session) => session.close()));
        const { stderr, order } = await served;
        expect(order).toHaveLength(3);
        expect(stderr.match(/^.*waiting for a connection.*$/gm)).toEqual([
          expect.stringMatching(
            `^with-test-db: waiting for a connection to postgres@127\\.0\\.0\\.1:${crowd.server.port}, for up to 60 s: all its connections are in use; raise its max_connections, or run fewer suites at once$`,
          ),
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
        await crowd.expectAllServed(await crowd.run(9, { from: "with-test-db", count: 1 }), 1);
      },
      PATIENCE,
    );
  });
});

/** Of all pairs of calls, how many were served in the other order; half of them if there was none. */
function shareOfOvertaken(order: readonly number[]): number {
  let overtaken = 0;
  for (const [at, call] of order.entries()) overtaken += order.slice(at + 1).filter((later) => later < call).length;
  return overtaken / ((order.length * (order.length - 1)) / 2);
}
