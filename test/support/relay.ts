/** A way to a server that can be watched, cut and closed. */
import { connect, createServer, type Socket } from "node:net";
import { socketAddress } from "../../src/connections/probe.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";

/** A connection on its way. */
export interface Passage {
  /** What it called itself at login. */
  readonly name: string;
  /** Resets the client's side. */
  cut(): void;
}

export interface Relay {
  readonly url: string;
  readonly passages: readonly Passage[];
  /** Whether new connections are turned away. `@default false` */
  isClosed: boolean;
  /** How many connections were turned away. */
  attempts: number;
  /** Sees what the server says, before the client does. */
  onAnswer: (passage: Passage, answer: Buffer) => void;
  close(): Promise<void>;
}

export async function openRelay(target: Target): Promise<Relay> {
  const sockets = new Set<Socket>();
  const passages: Passage[] = [];
  const server = createServer((client) => {
    client.on("error", () => {});
    if (relay.isClosed) {
      relay.attempts++;
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(socketAddress(target));
    for (const socket of [client, upstream]) sockets.add(socket);
    const passage = { name: "", cut: () => void client.resetAndDestroy() };
    passages.push(passage);
    client.on("data", (chunk) => {
      passage.name ||= /application_name\0([^\0]*)\0/.exec(chunk.toString("latin1"))?.[1] ?? "";
      upstream.write(chunk);
    });
    upstream.on("error", () => {}).on("close", () => client.destroy());
    upstream.on("data", (chunk) => {
      relay.onAnswer(passage, chunk);
      if (!client.destroyed) client.write(chunk);
    });
    // the server hears of it once it is done with what it does
    client.on("close", () => upstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const relay: Relay = {
    url: targetUrl({ ...target, host: "127.0.0.1", port, tls: "disable" }),
    passages,
    isClosed: false,
    attempts: 0,
    onAnswer: () => {},
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return relay;
}
