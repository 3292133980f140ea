/** The server that the user named, by the option or by the environment. */
import { assertTargetAllowed } from "../guard/locality.ts";
import { parseTarget } from "../target/connection-url.ts";
import type { Target } from "../target/target.ts";

/** A connection URL, and where it is from. */
export interface NamedUrl {
  readonly url: string;
  readonly origin: "option url" | "TEST_DB_URL";
}

/** The URL that counts: the option's, else the environment's; undefined where there is neither. */
export function namedUrl(option: string | undefined): NamedUrl | undefined {
  if (option !== undefined) return { url: option, origin: "option url" };
  const url = process.env["TEST_DB_URL"] || undefined;
  return url === undefined ? undefined : { url, origin: "TEST_DB_URL" };
}

/**
 * The target that a URL names, judged before anything is connected to.
 *
 * @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED`
 */
export function namedTarget({ url, origin }: NamedUrl, remoteHosts: readonly string[]): Target {
  const target = parseTarget(url, origin);
  assertTargetAllowed(target, { remoteHosts });
  return target;
}
