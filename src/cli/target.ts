/** Which server a command looks at: the one that was named, else the embedded one if it is running. */
import { assertNotProduction, hostsIn } from "../guard/locality.ts";
import { namedTarget, namedUrl } from "../server/named.ts";
import type { Target } from "../target/target.ts";

/** Undefined where no server was named and no embedded one is running. Commands never start one. */
export async function commandTarget(url: string | undefined): Promise<Target | undefined> {
  assertNotProduction();
  const named = namedUrl(url);
  if (named === undefined) {
    const { findEmbedded } = await import("../server/embedded.ts");
    return findEmbedded();
  }
  return namedTarget(named, hostsIn(process.env["TEST_DB_ALLOW_REMOTE"]));
}

/** What a command says then. */
export function sayNoServer(json = false): void {
  console.log(
    json ? JSON.stringify({ server: null }) : "No server: TEST_DB_URL is unset, and no embedded one is running.",
  );
}
