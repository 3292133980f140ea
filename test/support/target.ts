import { parseTarget } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";

/** The server that the suites run on: the one that TEST_DB_URL names, else the embedded one. */
export async function testTarget(): Promise<Target> {
  const url = process.env["TEST_DB_URL"];
  if (url) return parseTarget(url, "TEST_DB_URL");
  const { ensureEmbedded } = await import("../../src/server/ensure-embedded.ts");
  return ensureEmbedded();
}
