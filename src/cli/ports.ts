/** Ports of this machine's loopback address. */
import { createServer } from "node:net";

const HOST = "127.0.0.1";
/** How many ports are tried. */
const TRIED = 100;

/** Whether nobody listens on a port, and this user may. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });

/** The first free port after one; undefined where none is near. */
export async function freePort(after: number): Promise<number | undefined> {
  for (let port = after + 1; port <= Math.min(after + TRIED, 65535); port++) if (await isFree(port)) return port;
  return undefined;
}
