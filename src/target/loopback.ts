/** Which hosts are this machine, whatever its names. */
import { isIPv4, isIPv6 } from "node:net";

/** A Unix socket, or loopback; an address in any unusual spelling is not. */
export function isLoopback(host: string): boolean {
  if (host.startsWith("/") || host.toLowerCase() === "localhost") return true;
  if (isIPv4(host)) return host.startsWith("127.");
  if (!host.includes(":") || !isIPv6(host) || host.includes("%")) return false;
  const canonical = new URL(`http://[${host}]`).hostname;
  return canonical === "[::1]" || /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]$/.test(canonical);
}
