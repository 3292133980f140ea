/**
 * The way of a client into a server, from its startup packet until it is logged in: with a connection that a unit of
 * before has used, or with a new one. Where the server has no connection left, it is waited for in the client's place.
 */
import type { Socket } from "node:net";
import { openSocket } from "../connections/socket.ts";
import { admitted } from "../connections/waiting.ts";
import type { Target } from "../target/target.ts";
import { frame } from "./frames.ts";
import { type Entered, logIn } from "./login.ts";
import { READY_FOR_QUERY } from "./messages.ts";
import { rawQuery } from "./raw-query.ts";
import { takeConnection } from "./shelf.ts";
import { type Login, loginOf } from "./startup-packet.ts";

const AUTHENTICATED = frame("R", Buffer.from([0, 0, 0, 0]));

export interface EntranceOptions {
  /** Whether it waits in line where the server has no connection left; else the client is told. `@default false` */
  readonly waits?: boolean;
  /** How long a try may take, in milliseconds; 0 is for ever. Waiting in line does not count. `@default 0` */
  readonly loginTimeout?: number;
}

export class Entrance {
  /** Undefined where a connection of before can't be used, and this one not by others. */
  readonly login: Login | undefined;
  readonly #target: Target;
  readonly #startup: Buffer;
  readonly #tell: (messages: Buffer) => void;
  readonly #options: EntranceOptions;
  #raw: Socket | undefined;
  #gone = new AbortController();

  /**
   * @param startup - the client's startup packet, or its request to cancel
   * @param tell - takes what the server says on the way; the client's answers are given to `write()`
   */
  constructor(target: Target, startup: Buffer, tell: (messages: Buffer) => void, options: EntranceOptions) {
    this.#target = target;
    this.#startup = startup;
    this.#tell = tell;
    this.#options = options;
    this.login = loginOf(startup);
  }

  /**
   * @param again - whether the client has been in before; it is not told a second time that it may come in
   * @throws TurnedDown, TestDbError `SERVER_FULL`, and whatever breaks the connection
   */
  async enter(again: boolean): Promise<Entered> {
    const { signal } = this.#gone;
    const knock = (): Promise<Entered> => this.#inTime(this.#try(again, signal));
    const entered = await (this.#options.waits ? admitted(this.#target, { knock, signal, again }) : knock());
    this.#raw = undefined;
    // it would still end the connection, whoever has it by then
    this.#gone = new AbortController();
    return entered;
  }

  /** Only connects: a request to cancel needs no connection of the server's. */
  connect(): Promise<Socket> {
    return this.#inTime(openSocket(this.#target, this.#gone.signal));
  }

  write(chunk: Buffer): void {
    this.#raw?.write(chunk);
  }

  /** Ends it, at whatever stage it is. What is in is not touched. */
  abort(): void {
    this.#gone.abort();
    this.#raw?.destroy();
  }

  async #try(again: boolean, signal: AbortSignal): Promise<Entered> {
    for (;;) {
      const shelved = this.login && takeConnection(this.#target, this.login.lasting);
      if (!shelved) break;
      const { socket: raw, greeting } = shelved;
      this.#raw = raw;
      const { error, parameters } = await rawQuery(raw, this.login?.query ?? "");
      const messages = Buffer.concat([...(again ? [] : [AUTHENTICATED]), greeting, ...parameters]);
      if (!error) return { raw, wasUsed: true, greeting, messages, ready: READY_FOR_QUERY };
      raw.destroy();
      signal.throwIfAborted();
    }
    this.#raw = undefined;
    const raw = await openSocket(this.#target, signal);
    this.#raw = raw;
    return logIn(raw, this.#startup, this.#tell, this.#options.waits ?? false);
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const { loginTimeout = 0 } = this.#options;
    if (loginTimeout === 0) return work;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(timedOut(this.#target)), loginTimeout);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => {});
    }
  }
}

function timedOut({ host, port }: Target): Error {
  return Object.assign(new Error(`no login within the time given at ${host}:${port}`), { code: "CONNECT_TIMEOUT" });
}
