/** The server to use: the one that was named, else the embedded one, which is not even loaded otherwise. */
import { assertNotProduction } from "../guard/locality.ts";
import type { Target } from "../target/target.ts";
import { type NamedUrls, namedTarget } from "./named.ts";

/** Where to look for a server, and what is allowed. */
export interface ServerChoice {
  readonly urls: NamedUrls | undefined;
  readonly remoteHosts: readonly string[];
}

/**
 * @param isConnected - whether this process has a connection to a target: then nobody has to ask who answers there
 * @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED`, `EMBEDDED_NOT_INSTALLED`, `EMBEDDED_FAILED`
 */
export async function resolveServer(
  { urls, remoteHosts }: ServerChoice,
  isConnected: (target: Target) => boolean,
): Promise<Target> {
  assertNotProduction();
  if (urls) return namedTarget(urls, remoteHosts);
  const { ensureEmbedded } = await import("./embedded.ts");
  return ensureEmbedded({ isConnected });
}
