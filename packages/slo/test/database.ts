/** What the suites of this package begin with: the matchers, registered and typed, and where the migrations are. */
import "with-test-db/assertions/vitest";
import { fileURLToPath } from "node:url";

export const migrationsFolder = fileURLToPath(new URL("../drizzle", import.meta.url));
