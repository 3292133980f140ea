/**
 * A server that somebody named, and the pooler in front of it where there are two URLs. A direct URL belongs to the URL
 * beside it: one from the environment never goes with one from an option, which may name another server.
 */
import { TestDbError } from "../errors.ts";
import { assertTargetAllowed } from "../guard/locality.ts";
import { parseTarget } from "../target/connection-url.ts";
import type { Target } from "../target/target.ts";

/** Where to connect; with `direct`, `url` may be a pooler's. */
export interface NamedUrls {
  readonly url: string;
  readonly direct: string | undefined;
  readonly from: "option" | "environment";
}

/**
 * The URLs that count; undefined where nobody named any.
 *
 * @throws TestDbError `OPTION_INVALID` for a direct URL with none beside it
 */
export function namedUrls(option: { readonly url?: string; readonly directUrl?: string }): NamedUrls | undefined {
  if (option.url !== undefined) return { url: option.url, direct: option.directUrl, from: "option" };
  if (option.directUrl !== undefined) throw alone("directUrl", "url");
  const url = process.env["TEST_DB_URL"] || undefined;
  const direct = process.env["TEST_DB_DIRECT_URL"] || undefined;
  if (url !== undefined) return { url, direct, from: "environment" };
  if (direct !== undefined) throw alone("TEST_DB_DIRECT_URL", "TEST_DB_URL");
  return undefined;
}

/**
 * The target that they name. Both are judged before anything is connected to.
 *
 * @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED`
 */
export function namedTarget({ url, direct, from }: NamedUrls, remoteHosts: readonly string[]): Target {
  const target = parseTarget(url, from === "option" ? "option url" : "TEST_DB_URL");
  assertTargetAllowed(target, { remoteHosts });
  if (direct === undefined) return target;
  const server = parseTarget(direct, from === "option" ? "option directUrl" : "TEST_DB_DIRECT_URL");
  assertTargetAllowed(server, { remoteHosts });
  return { ...server, pooler: target };
}

const alone = (direct: string, url: string): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `${direct} is set, and ${url} is not`,
    why: `${direct} is the server itself, beside the URL of a pooler in front of it`,
    next: `without a pooler: set ${url} to it instead`,
  });
