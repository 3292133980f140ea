/**
 * A host that vanishes says no good-bye. Its leases and locks last until the server misses it, which by default takes
 * hours. Every session of another machine therefore tells the server to look after it.
 */
import { isLoopback } from "../guard/locality.ts";
import type { Target } from "../target/target.ts";

/**
 * Server settings by which a client that is gone is missed after about half a minute. Probes are answered by the
 * client's kernel, so a process that is busy, or stopped in a debugger, is not. Only for what goes over a network: this
 * machine doesn't vanish and leave its server behind, and servers on other systems log what they can't set.
 */
export const missedSoon = ({ host }: Target): Readonly<Record<string, string>> =>
  isLoopback(host)
    ? {}
    : {
        tcp_keepalives_idle: "10",
        tcp_keepalives_interval: "5",
        // probes aren't sent while an answer is not acknowledged; without this, that alone takes a quarter of an hour
        tcp_user_timeout: "30000",
      };

/** After how many idle milliseconds the client's side asks whether the server is still there. */
export const ASK_AFTER = 10_000;
