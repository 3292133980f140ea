/**
 * Connections of this process that nobody uses now, logged in and as good as new: opening one takes longer than all the
 * rest of a warm call. What a session can be left with is discarded before it gets here; what can't be discarded keeps
 * its connection away (see unit-socket.ts). An idle connection keeps no process alive, and is closed soon.
 */
import type { Socket } from "node:net";
import { nudge, offer } from "../connections/waiting.ts";
import type { Target } from "../target/target.ts";
import { TERMINATE } from "./messages.ts";
import { mayGiveWay } from "./room.ts";

/** A connection that is logged in. */
export interface LoggedIn {
  readonly socket: Socket;
  /** What the server said of itself at login: parameters and the key for cancelling, as messages. */
  readonly greeting: Buffer;
  /** The settings that it was logged in with, and goes back to. */
  readonly lasting: string;
}

/** How many idle connections are kept for a target at the most. */
const LIMIT = 4;
/** How long one waits for its next user, in milliseconds. */
const LINGER = 1_000;

/** Idle connections, each with what has to be called when it is taken. */
const shelves = new Map<string, Map<LoggedIn, () => void>>();
const shelfOf = (target: Target, lasting: string): string => JSON.stringify([target, lasting]);

/** The one that was used last, if there is one that is ready; it is the caller's then. Those that are not needed grow old. */
export function takeConnection(target: Target, lasting: string): LoggedIn | undefined {
  for (const [connection, take] of [...(shelves.get(shelfOf(target, lasting)) ?? [])].reverse()) {
    take();
    if (connection.socket.destroyed || !connection.socket.writable) continue;
    connection.socket.ref();
    return connection;
  }
  return undefined;
}

/** Puts one back that is idle and clean. */
export function shelveConnection(target: Target, connection: LoggedIn): void {
  const key = shelfOf(target, connection.lasting);
  const shelf = shelves.get(key) ?? new Map<LoggedIn, () => void>();
  shelves.set(key, shelf);
  const { socket } = connection;
  if (shelf.size >= LIMIT) {
    endConnection(target, socket);
    return;
  }
  const take = (): void => {
    clearTimeout(timer);
    shelf.delete(connection);
    stay();
    unhear(socket);
  };
  // whatever the server says now, it is the end
  const discard = (): void => {
    take();
    socket.destroy();
  };
  const end = (): void => {
    take();
    endConnection(target, socket);
  };
  const timer = setTimeout(end, LINGER).unref();
  const stay = mayGiveWay(target, { idles: () => true, giveWay: end });
  shelf.set(connection, take);
  unhear(socket);
  socket.on("error", discard).on("close", discard).on("data", discard);
  socket.unref();
  socket.resume();
  offer(target);
}

/** Ends a session, and tells who waits for a connection when it is over. */
export function endConnection(target: Target, socket: Socket): void {
  socket.once("close", () => nudge(target)).end(TERMINATE);
}

/** Takes our listeners off a socket, not Node's own; an error between two users of it must not end the process. */
export function unhear(socket: Socket): void {
  for (const event of ["data", "error", "close"]) socket.removeAllListeners(event);
  socket.on("error", () => {});
}
