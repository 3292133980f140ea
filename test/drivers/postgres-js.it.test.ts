import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { conformance } from "./conformance.ts";
import { DRIZZLE_0, POSTGRES_JS } from "./subjects.ts";

describe.skipIf(!isIntegrationEnabled())("postgres.js under drizzle-orm 0.45", () => {
  conformance({
    ...POSTGRES_JS,
    ...DRIZZLE_0,
    module: { specifier: "with-test-db", directory: fileURLToPath(new URL("../..", import.meta.url)) },
    withTestDb,
  });
});
