import type { Duplex } from "node:stream";

/** The sockets of one client that are open or opening: none of them outlives the client, not even one that never got ready. */
export class Sockets {
  readonly #open = new Set<Duplex>();
  #isClosed = false;

  add<Kind extends Duplex>(socket: Kind): Kind {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    if (this.#isClosed) socket.destroy();
    return socket;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** Destroys every socket, and those that come later. */
  destroy(): void {
    this.#isClosed = true;
    for (const socket of this.#open) socket.destroy();
  }

  async allClosed(): Promise<void> {
    await Promise.all([...this.#open].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  }
}
