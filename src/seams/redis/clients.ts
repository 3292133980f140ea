/** Who is connected to a Redis, as `CLIENT LIST` says. */
import { NAME, type RedisNode } from "./redis-connection.ts";

export interface Clients {
  /** Ids of the leases whose holder is there. */
  readonly living: ReadonlySet<string>;
  /** Databases that somebody uses just now, other than the holders of leases. */
  readonly used: ReadonlySet<number>;
}

/** Has to be read after what names a holder: who takes a lease was connected before. */
export async function readClients(nodes: readonly RedisNode[]): Promise<Clients> {
  const living = new Set<string>();
  const used = new Set<number>();
  for (const node of nodes) {
    for (const line of String(await node.call("CLIENT", "LIST")).split("\n")) {
      const name = /(?:^| )name=(\S*)/.exec(line)?.[1] ?? "";
      const database = /(?:^| )db=(\d+)/.exec(line)?.[1];
      if (name.startsWith(NAME)) living.add(name.slice(NAME.length));
      else if (database !== undefined) used.add(Number(database));
    }
  }
  return { living, used };
}
