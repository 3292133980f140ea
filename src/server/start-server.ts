/** Makes a server from nothing, in a run directory: binaries that run, a cluster, a postmaster. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Cluster, createCluster } from "./create-cluster.ts";
import { makeDirectory, openHomeDirectory } from "./home-directory.ts";
import { pathsForCopy } from "./home-paths.ts";
import { startPostmaster } from "./postmaster.ts";
import { runnableBinaries } from "./runnable-binaries.ts";
import { type ServerState, writeState } from "./server-state.ts";
import type { SupervisorOrder } from "./start-supervisor.ts";

/** The server's state is written down before it starts: it can be found and stopped should this process be killed. */
export async function startServer(order: SupervisorOrder, runName: string, onExit: () => void): Promise<ServerState> {
  const { home, homes, user, major } = order;
  const run = join(home, runName);
  const password = randomBytes(16).toString("hex");
  makeDirectory(run);
  const native = runnableBinaries(order.native, placesForCopy(home, homes, runName), user);
  const cluster: Cluster = { run, native, major, user, password };
  await createCluster(cluster);
  const facts = { run: runName, password, dataDirectory: join(run, "data"), native };
  const port = await startPostmaster(cluster, (tried) => writeState(run, { ...facts, port: tried }), onExit);
  return { ...facts, port };
}

/** In the run directory, or in one of the same name where programs may run. */
function* placesForCopy(home: string, homes: readonly string[], runName: string): Generator<string> {
  for (const each of pathsForCopy(homes)) {
    if (each !== home) {
      if (openHomeDirectory(each) !== undefined) continue;
      makeDirectory(join(each, runName));
    }
    yield join(each, runName, "native");
  }
}
