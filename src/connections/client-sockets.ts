/** The sockets that postgres.js is given, which keep its 3.4 from what it does where one fails. */
import { Socket } from "node:net";
import type { Target } from "../target/target.ts";
import { letDriversPass } from "./drivers-timers.ts";
import { closedError, openSocket } from "./socket.ts";
import type { Sockets } from "./sockets.ts";

/**
 * Makes the sockets of one client of postgres.js. That never uses a connection again whose socket could not be made, but
 * knows what to do with one that breaks; and it connects again for ever to a peer that hangs up before it has said a word,
 * so the next socket after such a one is broken.
 */
export function clientSockets(target: Target, sockets: Sockets): () => Promise<Socket> {
  let hungUp = false;
  return async () => {
    if (hungUp) {
      hungUp = false;
      return new BrokenSocket(closedError());
    }
    try {
      const socket = errorWithClose(await openSocket(target, sockets));
      let isSilent = true;
      socket.once("data", () => {
        isSilent = false;
      });
      socket.once("close", (hadError) => {
        hungUp = isSilent && !hadError;
      });
      letDriversPass();
      return socket;
    } catch (error) {
      return new BrokenSocket(error as Error);
    }
  };
}

/**
 * Emits a socket's error together with its `close`. postgres.js 3.4 answers what is asked between the two with nothing, and
 * takes the answers to later queries for that query's.
 */
function errorWithClose(socket: Socket): Socket {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...values: unknown[]) => boolean;
  let error: unknown;
  return Object.assign(socket, {
    emit(event: string | symbol, ...values: unknown[]): boolean {
      letDriversPass();
      if (event === "error") {
        error = values[0];
        return true;
      }
      if (event === "close" && error !== undefined) emit("error", error);
      return emit(event, ...values);
    },
  });
}

/**
 * A socket that breaks with the first message. Not before: postgres.js 3.4 keeps a message that it could not write, and
 * the next login over that connection says nothing, or this message first.
 */
export class BrokenSocket extends Socket {
  readonly #error: Error;

  constructor(error: Error) {
    super();
    this.#error = error;
  }

  override _write(): void {
    this.destroy(this.#error);
  }
}
