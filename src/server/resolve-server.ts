/** The server to use: the named server, else the embedded server, whose code is not even loaded where a server was named. */
import { assertNotProduction, assertTargetAllowed } from "../guard/locality.ts";
import { parseTarget } from "../target/connection-url.ts";
import type { Target } from "../target/target.ts";

/** A connection URL, and where it is from. */
export interface NamedUrl {
  readonly url: string;
  readonly origin: "option url" | "TEST_DB_URL";
}

/** Where to look for a server, and which hosts are allowed beside this machine. */
interface ServerChoice {
  readonly url: NamedUrl | undefined;
  readonly remoteHosts: readonly string[];
}

/** @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED`, `EMBEDDED_NOT_INSTALLED`, `EMBEDDED_FAILED` */
export async function resolveServer({ url, remoteHosts }: ServerChoice): Promise<Target> {
  assertNotProduction();
  if (url) return namedTarget(url, remoteHosts);
  const { ensureEmbedded } = await import("./ensure-embedded.ts");
  return ensureEmbedded();
}

/** The URL that counts: the option's, else the environment's; undefined where there is neither. */
export function namedUrl(option: string | undefined): NamedUrl | undefined {
  if (option !== undefined) return { url: option, origin: "option url" };
  const url = process.env["TEST_DB_URL"];
  return url ? { url, origin: "TEST_DB_URL" } : undefined;
}

/** The target that a URL names, judged before anything is connected to. */
export function namedTarget({ url, origin }: NamedUrl, remoteHosts: readonly string[]): Target {
  const target = parseTarget(url, origin);
  assertTargetAllowed(target, remoteHosts);
  return target;
}
