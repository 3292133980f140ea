/** The server to use: the named server, else the embedded server, whose code is not even loaded where a server was named. */
import { assertNotProduction } from "../guard/locality.ts";
import type { Target } from "../target/target.ts";
import { type NamedUrl, namedTarget } from "./named.ts";

/** Where to look for a server, and what is allowed. */
interface ServerChoice {
  readonly url: NamedUrl | undefined;
  readonly remoteHosts: readonly string[];
}

/**
 * @param isInUse - whether this process has units on a target: then the embedded server needs not be asked
 * @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED`, `EMBEDDED_NOT_INSTALLED`, `EMBEDDED_FAILED`
 */
export async function resolveServer(
  { url, remoteHosts }: ServerChoice,
  isInUse: (target: Target) => boolean,
): Promise<Target> {
  assertNotProduction();
  if (url) return namedTarget(url, remoteHosts);
  const { ensureEmbedded } = await import("./embedded.ts");
  return ensureEmbedded({ isInUse });
}
