/**
 * The socket of a unit's client where a pooler is in between. A pooler takes no settings at login, or drops them without
 * a word, so they are made by the connection's first query, before the client knows that it is logged in. When the client
 * ends, they are taken back: the server's connection goes to somebody else, whatever the pooler resets.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { openSocket } from "../connections/socket.ts";
import type { Target } from "../target/target.ts";
import { Conversation } from "./conversation.ts";
import { FrameReader, frame, queryFrame } from "./frames.ts";
import { FROM_SERVER, TERMINATE } from "./messages.ts";
import { DISCARD } from "./retire.ts";
import { isComplete, isLogin, parametersOf, settingsQuery, startupPacket } from "./startup-packet.ts";

const { error: ERROR, notice: NOTICE, parameter: PARAMETER, ready: READY } = FROM_SERVER;
const EVERY = new Set(Array.from({ length: 256 }, (_, type) => type));
/** What every pooler takes at login. */
const AT_LOGIN = new Set(["user", "database", "client_encoding", "application_name", "options"]);

/** What a client gets as its socket. */
export class PooledSocket extends Duplex {
  readonly #target: Target;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #gone = new AbortController();
  #raw: Socket | undefined;
  #startup = Buffer.alloc(0);
  #stage: "startup" | "login" | "settings" | "running" | "farewell" = "startup";
  #query: Buffer = Buffer.alloc(0);
  #refused = false;
  readonly #login = new FrameReader(EVERY, (type, body) => this.#onLogin(type, body ?? Buffer.alloc(0)));
  readonly #said = new Conversation(() => {
    if (this.#stage === "farewell") this.#leave();
  });

  /**
   * @param settings - server settings, beside those that the client asks for at login
   * @param gone - destroys it at whatever stage it is
   */
  constructor(target: Target, settings: Readonly<Record<string, string>>, gone: AbortSignal) {
    super({ allowHalfOpen: false, emitClose: true });
    this.#target = target;
    this.#settings = settings;
    gone.addEventListener("abort", () => this.destroy(), { once: true, signal: this.#gone.signal });
  }

  /** As node:net has it; postgres.js looks at it before it says good-bye. */
  get readyState(): "open" | "closed" {
    return this.destroyed ? "closed" : "open";
  }

  /** As node:net has it, for node-postgres: where to is ours to know. */
  connect(): this {
    process.nextTick(() => this.emit("connect"));
    return this;
  }

  /** As node:net has it. */
  setNoDelay(): this {
    return this;
  }

  /** As node:net has it. */
  setKeepAlive(): this {
    return this;
  }

  /** As node:net has it. */
  ref(): this {
    this.#raw?.ref();
    return this;
  }

  /** As node:net has it. */
  unref(): this {
    this.#raw?.unref();
    return this;
  }

  override _read(): void {
    this.#raw?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stage === "startup") {
      this.#startup = Buffer.concat([this.#startup, chunk]);
      if (isComplete(this.#startup)) this.#start().then(() => done(), done);
      else done();
      return;
    }
    if (this.#stage === "farewell") {
      done();
      return;
    }
    if (this.#stage === "running") {
      if (chunk.equals(TERMINATE) && this.#said.isIdle) {
        this.#stage = "farewell";
        this.#raw?.write(queryFrame(DISCARD), done);
        return;
      }
      this.#said.sent(chunk);
    }
    this.#raw?.write(chunk, done);
  }

  /** node-postgres ends it; what is under way ends with it. */
  override _final(done: () => void): void {
    if (this.#stage !== "farewell") this.#raw?.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#gone.abort();
    this.#raw?.destroy();
    done(error);
  }

  async #start(): Promise<void> {
    const packet = this.#startup;
    const raw = await openSocket(this.#target, this.#gone.signal);
    this.#raw = raw;
    raw.on("data", (chunk: Buffer) => {
      if (this.#stage === "login" || this.#stage === "settings") this.#login.push(chunk);
      else {
        this.#said.received(chunk);
        if (this.#stage === "running" && !this.push(chunk)) raw.pause();
      }
    });
    raw.on("error", (error) => this.destroy(error));
    raw.on("close", () => this.destroy());
    if (!isLogin(packet)) {
      // a request to cancel
      this.#stage = "running";
      raw.write(packet);
      return;
    }
    const { login, settings } = taken(packet);
    this.#query = queryFrame(settingsQuery(Object.entries({ ...settings, ...this.#settings })));
    this.#stage = "login";
    raw.write(login);
  }

  /** Until the settings hold, the client hears of the login, and not that it is over. */
  #onLogin(type: number, body: Buffer): void {
    if (this.#stage === "login") {
      if (type !== READY) this.push(frame(String.fromCharCode(type), body));
      else {
        this.#stage = "settings";
        this.#raw?.write(this.#query);
      }
      return;
    }
    if (type === ERROR) this.#refused = true;
    if (type === PARAMETER || type === NOTICE || type === ERROR) this.push(frame(String.fromCharCode(type), body));
    if (type !== READY) return;
    if (this.#refused) {
      this.#raw?.end(TERMINATE);
      this.push(null);
      return;
    }
    this.#stage = "running";
    this.push(frame("Z", body));
  }

  #leave(): void {
    this.#raw?.end(TERMINATE);
    this.push(null);
    this.destroy();
  }
}

/** What a client asks for in two: what is said at login, and the settings that wait until after it. */
function taken(packet: Buffer): { readonly login: Buffer; readonly settings: Record<string, string> } {
  const login: (readonly [string, string])[] = [];
  const settings: Record<string, string> = {};
  for (const [name, value] of parametersOf(packet)) {
    // node-postgres asks for these where it wants none
    if (name === "replication" || (name === "options" && value.trim() === "")) continue;
    if (AT_LOGIN.has(name)) login.push([name, value]);
    // a pooler may add to the name of the application
    if (!AT_LOGIN.has(name) || name === "application_name") settings[name] = value;
  }
  return { login: startupPacket(login), settings };
}
