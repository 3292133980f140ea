/**
 * A host that is cut off from the network closes no connection. Its leases and locks last until the server notices, which by
 * default takes hours. Every session from another machine therefore asks the server for TCP keepalives.
 */
import { isLoopback } from "../target/loopback.ts";
import type { Target } from "../target/target.ts";

/**
 * Server settings by which a client that is gone is noticed after about half a minute. Keepalives are answered by the
 * client's kernel, so a process that is busy, or stopped in a debugger, stays connected. Only for connections over a
 * network: the machine of the server is not cut off from itself, and servers on other systems log what they can't set.
 */
export const keepaliveSettings = ({ host }: Target): Readonly<Record<string, string>> =>
  isLoopback(host)
    ? {}
    : {
        tcp_keepalives_idle: "10",
        tcp_keepalives_interval: "5",
        // keepalives aren't sent while an answer is not acknowledged; without this, that alone takes a quarter of an hour
        tcp_user_timeout: "30000",
      };

/** After how many idle milliseconds the client's side asks whether the server is still there. */
export const KEEPALIVE_AFTER = 10_000;
