/** How a connection is encrypted, in node-postgres' words. It knows no `sslmode=prefer`: the server is asked beforehand. */
import { connect } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { SSL_REQUEST, socketAddress } from "../connections/probe.ts";
import { CONNECT_DEADLINE, tlsOptions } from "../connections/socket.ts";
import type { Target } from "../target/target.ts";

export async function tlsOf(target: Target): Promise<false | ConnectionOptions> {
  const options = tlsOptions(target);
  if (!options || (target.tls === "prefer" && !(await offersTls(target)))) return false;
  return options;
}

/** Whether the server takes encrypted connections; false where it can't be reached, which connecting will tell. */
function offersTls(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketAddress(target), () => socket.write(SSL_REQUEST));
    socket.setTimeout(CONNECT_DEADLINE, () => socket.destroy());
    socket.once("data", (answer) => {
      resolve(answer.toString("latin1", 0, 1) === "S");
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
