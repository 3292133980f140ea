import { afterAll, beforeAll, describe, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { findBinaries, MAJORS, type Major, startServer, type TestServer } from "../support/servers.ts";
import { conforms } from "./conformance.ts";

describe.skipIf(!isIntegrationEnabled())("every major", () => {
  describe.each<Major>([...MAJORS, "debian"])("PostgreSQL %s", (major) => {
    const binaries = findBinaries(major);
    if ("missing" in binaries) {
      it.skip(`is not to be had here: ${binaries.missing}`);
      return;
    }
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ major });
    });
    afterAll(() => server?.stop());

    it("gives schemas and databases that hold what the migrations make, and leaves nothing", async () => {
      await conforms(server.admin, server.target);
    });
  });
});
