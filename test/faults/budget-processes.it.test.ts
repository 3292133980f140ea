import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { endCallers } from "../support/callers.ts";
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
        const served = await crowd.run(PROCESSES, { from, count, units: "one" });
        await crowd.expectAllServed(served, count);

        // by chance it would be a half
        const overtaken = served.map(({ order }) => shareOfOvertaken(order.map(([call]) => call)));
        expect(overtaken.reduce((sum, share) => sum + share) / PROCESSES).toBeLessThan(0.3);
      },
      PATIENCE,
    );

    // node-postgres has a pool that gives back what idles, whoever asks
    it.runIf(from === "with-test-db" || CALLERS >= 1000)(
      "that hold two units each, more than there are connections, come to an end in one process",
      async () => {
        const count = CONNECTIONS + 4;
        await crowd.expectAllServed(await crowd.run(1, { from, count, units: "two, all at once" }), count);
      },
      PATIENCE,
    );

    it(
      "that hold two units each, more than there are connections, come to an end in several processes",
      async () => {
        const count = Math.ceil((CONNECTIONS * 2) / 4);
        await crowd.expectAllServed(await crowd.run(4, { from, count, units: "two, all at once" }), count);
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
