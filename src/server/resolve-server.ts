/** The server to use: the named server, else the embedded server, whose code is not even loaded where a server was named. */
import { assertNotProduction, assertTargetAllowed } from "../guard/locality.ts";
import type { ResolvedOptions } from "../options.ts";
import { parseTarget } from "../target/connection-url.ts";
import type { Target } from "../target/target.ts";

/** Which server is wanted: the one of a URL, else the one that the environment names. */
export interface ServerChoice extends Pick<ResolvedOptions<never>, "url" | "remoteHosts"> {
  /** Where the URL was given, for messages. `@default "option url"` */
  readonly urlFrom?: "option url" | "--url";
}

/** @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED`, `EMBEDDED_NOT_INSTALLED`, `EMBEDDED_FAILED` */
export async function resolveServer(choice: ServerChoice): Promise<Target> {
  const named = namedTarget(choice);
  if (named) return named;
  const { ensureEmbedded } = await import("./ensure-embedded.ts");
  return ensureEmbedded();
}

/** What the option names, else the environment, judged before anything is connected to; undefined where neither names one. */
export function namedTarget({ url, remoteHosts, urlFrom = "option url" }: ServerChoice): Target | undefined {
  assertNotProduction();
  const text = url ?? process.env["TEST_DB_URL"];
  if (!text) return undefined;
  const target = parseTarget(text, url === undefined ? "TEST_DB_URL" : urlFrom);
  assertTargetAllowed(target, remoteHosts);
  return target;
}
