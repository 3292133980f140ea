/**
 * The socket of a unit's client. To the client it is a new connection; behind it may be one that a unit of before has
 * used. A login that was already made is answered here, after the settings of the startup packet were made on the
 * server. When the client ends, the session is discarded and kept for the next unit, unless anything speaks against it:
 * an open transaction, a query under way, or a statement that leaves what `DISCARD ALL` does not take back.
 *
 * Where the server has no connection left, it waits for one in the client's place. And while others wait, a client that
 * idles has none, and does not know: with its next query it logs in again, with the startup packet that it has sent.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { isForOthers, nudge, somebodyWaits } from "../connections/waiting.ts";
import type { Target } from "../target/target.ts";
import { Conversation } from "./conversation.ts";
import { Entrance, type EntranceOptions } from "./entrance.ts";
import { HeldMessages } from "./held-messages.ts";
import { type Entered, pidOf, TurnedDown } from "./login.ts";
import { LostTransaction } from "./lost-transaction.ts";
import { READY_FOR_QUERY, SYNC, TERMINATE } from "./messages.ts";
import { whenNothingIsAboutToBeSent } from "./parting.ts";
import { rawQueries, rawQuery, rawRoundTrip } from "./raw-query.ts";
import { DISCARD, retire } from "./retire.ts";
import { type Idler, mayGiveWay } from "./room.ts";
import { endConnection, unhear } from "./shelf.ts";
import { isComplete, isLogin } from "./startup-packet.ts";
import { Traces } from "./traces.ts";
import { type ArrayTypes, answerTo, isTypeQuery, isWhole, narrowed, withoutRefusal } from "./type-query.ts";

/** How often a client that is asleep looks whether its unit can do without it, in milliseconds. */
const LOOK_EVERY = 2_000;

/** Asks one query for one value, as text. */
export type Ask = (query: string) => Promise<string | null>;

/**
 * What a connection is used for between its login and its client, which is told of the login only afterwards. Returns
 * what array types the client is to know, if that is known. It learns which of the server's processes the login told of,
 * since a pooler makes that up, and whether the connection has served a unit before.
 */
export type Opening = (ask: Ask, toldPid?: number, wasUsed?: boolean) => Promise<ArrayTypes | undefined>;

/** Queries for the last moment of a client: its first connection that is idle when the client ends is asked. */
export interface Farewell {
  readonly query: string;
  /** Follows it, in a session that was discarded; where that is not enough to make it as good as new, it is not asked. */
  readonly afterwards?: string | undefined;
}

/** What came of it: an answer is undefined where that failed, or was not asked. */
export interface FarewellReply {
  readonly said: string | null | undefined;
  readonly afterwards: Promise<string | null | undefined>;
}

/** Where a client's sockets find its farewell, and the first leaves what came of it. */
export interface Parting {
  farewell?: Farewell | undefined;
  reply?: Promise<FarewellReply>;
}

export interface UnitSocketOptions extends EntranceOptions {
  /** Whether the connection may be used again. `@default false` */
  readonly mayShelve?: boolean;
  /** Whether it may be given back just now, while its client idles and others wait. Without it, it never is. */
  readonly maySleep?: (() => boolean) | undefined;
  readonly opening?: Opening | undefined;
  readonly parting?: Parting;
}

/** What a client gets as its socket. */
export class UnitSocket extends Duplex implements Idler {
  readonly #target: Target;
  readonly #options: UnitSocketOptions;
  readonly #forget: () => void;
  #raw: Socket | undefined;
  #startup: Buffer = Buffer.alloc(0);
  #entrance: Entrance | undefined;
  #stage: "startup" | "login" | "opening" | "running" | "asleep" | "waking" | "over" = "startup";
  #greeting: Buffer = Buffer.alloc(0);
  readonly #said = new Conversation(() => this.#onReady());
  readonly #traces: Traces;
  /** What the client is told when it asks for types. */
  #types: ArrayTypes | undefined;
  /** Whether what is under way is the client's own question for types. */
  #askedForTypes = false;
  /** What the server has said to that so far; it is passed on as a whole. */
  #answer: Buffer[] | undefined;
  #lost: LostTransaction | undefined;
  /** Closes it, once the connection behind it has. */
  #parting: (() => void) | undefined;
  readonly #held = new HeldMessages();
  /** The named statements that it had when it fell asleep. */
  #prepared: Buffer[] = [];
  #sleeping: NodeJS.Timeout | undefined;

  /** @param gone - destroys it at whatever stage it is */
  constructor(target: Target, gone: AbortSignal, options: UnitSocketOptions = {}) {
    super({ allowHalfOpen: false, emitClose: true });
    this.#target = target;
    this.#options = options;
    this.#traces = new Traces(Boolean(options.mayShelve || options.maySleep));
    // it may break before the client listens
    this.on("error", () => {});
    // without an error, a client would try to log in again; and a request to cancel has nobody to tell of one
    const giveUp = (): void => {
      this.destroy(isLogin(this.#startup) ? new Error("the client was closed") : undefined);
    };
    // some try again after their end; they are told so once they have said what they want
    if (gone.aborted) setTimeout(giveUp, 1);
    else gone.addEventListener("abort", giveUp, { once: true });
    const stay = options.maySleep ? mayGiveWay(target, this) : () => {};
    this.#forget = () => {
      gone.removeEventListener("abort", giveUp);
      stay();
    };
  }

  /** As node:net has it; the driver looks at it before it says good-bye. */
  get readyState(): "open" | "closed" {
    return this.#stage === "over" || this.#parting || this.destroyed ? "closed" : "open";
  }

  ref(): void {
    this.#raw?.ref();
  }

  unref(): void {
    this.#raw?.unref();
  }

  override _read(): void {
    this.#raw?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stage === "startup") {
      this.#startup = Buffer.concat([this.#startup, chunk]);
      if (isComplete(this.#startup)) this.#start();
      done();
      return;
    }
    const goodBye = chunk.length === TERMINATE.length && chunk.equals(TERMINATE);
    if ((this.#lost || this.#parting) && !goodBye) {
      this.#lost?.push(chunk);
      done();
      this.#parting?.();
      return;
    }
    if (goodBye && this.#stage !== "over") this.#finish();
    if (this.#stage === "over") {
      done();
      return;
    }
    if (this.#stage === "running" && this.#said.clientAtBoundary && isTypeQuery(chunk)) {
      this.#tellTypes(chunk, done);
      return;
    }
    if (this.#stage === "running" || this.#stage === "asleep" || this.#stage === "waking") {
      this.#said.sent(chunk);
      this.#traces.hear(chunk);
    }
    if (this.#stage === "asleep" || this.#stage === "waking") {
      for (const password of this.#held.push(chunk)) this.#entrance?.write(password);
      this.#wake();
      done();
      return;
    }
    if (this.#stage === "running") this.#raw?.ref();
    // a failure is told by the end of the connection, in its own time
    if (this.#raw) this.#raw.write(chunk, () => done());
    else {
      this.#entrance?.write(chunk);
      done();
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#sleeping);
    this.#forget();
    if (this.#stage !== "over") {
      this.#stage = "over";
      this.#entrance?.abort();
      this.#raw?.destroy();
    }
    done(error);
  }

  /** Has what was asked for, as soon as the client can go on: a login takes several turns. */
  #start(): void {
    const entrance = new Entrance(this.#target, this.#startup, (said) => this.push(said), this.#options);
    this.#entrance = entrance;
    if (isLogin(this.#startup)) {
      this.#stage = "login";
      void this.#enter(entrance);
      return;
    }
    this.#stage = "running";
    entrance.connect().then(
      (raw) => {
        this.#use(raw);
        raw.write(this.#startup);
      },
      (error: Error) => this.destroy(error),
    );
  }

  /** Logs in, and waits for it if need be. */
  async #enter(entrance: Entrance): Promise<void> {
    const again = this.#stage === "waking";
    try {
      const entered = await entrance.enter(again);
      if (this.destroyed) entered.raw.destroy();
      else if (again) await this.#wakeWith(entered);
      else this.#letIn(entered);
    } catch (error) {
      if (this.destroyed) return;
      if (error instanceof TurnedDown) this.#part(error.cause as Error | undefined);
      else this.destroy(error as Error);
    }
  }

  /** Lets the client in, after what is to be done before that. */
  #letIn({ raw, wasUsed, greeting, messages, ready }: Entered): void {
    this.#greeting = greeting;
    this.#use(raw);
    const welcome = (types?: ArrayTypes): void => {
      if (this.destroyed || !this.#raw) return;
      this.#types = types;
      this.#stage = "running";
      this.#said.readySince = performance.now();
      this.#raw.unref();
      this.push(Buffer.concat([messages, ready]));
    };
    const { opening } = this.#options;
    if (!opening) {
      welcome();
      return;
    }
    this.#stage = "opening";
    opening(
      async (query) => {
        if (this.destroyed || !this.#raw) throw new Error("the connection was given up");
        const { error, value } = await rawQuery(raw, query);
        if (error) throw error;
        this.#use(raw);
        return value;
      },
      pidOf(greeting),
      wasUsed,
    ).then(welcome, (error: Error) => this.destroy(error));
  }

  #use(raw: Socket): void {
    this.#raw = raw;
    unhear(raw);
    raw.on("data", (chunk: Buffer) => {
      if (this.#stage === "opening") return;
      const answer = this.#answer;
      answer?.push(chunk);
      this.#said.received(chunk);
      if (answer && answer === this.#answer) return;
      if (!this.push(answer ? withoutRefusal(Buffer.concat(answer)) : chunk)) raw.pause();
    });
    let reason: Error | undefined;
    raw.on("error", (error) => {
      reason = error;
    });
    raw.on("close", () => {
      nudge(this.#target);
      if (!this.#outlive()) this.#part(reason);
    });
  }

  #tellTypes(question: Buffer, done: (error?: Error | null) => void): void {
    const answer = this.#types === undefined ? undefined : answerTo(question, this.#types);
    // a later connection asks again, since the user may have made types meanwhile
    this.#types = undefined;
    if (answer) {
      this.push(answer);
      done();
      return;
    }
    const query = narrowed(question);
    this.#raw?.ref();
    this.#askedForTypes = true;
    this.#answer = isWhole(question) ? [] : undefined;
    this.#said.sent(query);
    this.#raw?.write(query, () => done());
  }

  /** Stays for a client that is in a transaction, so that it hears of its end before another one can begin here. */
  #outlive(): boolean {
    const { awaited, told, unsynced: skipping, inTransaction, atBoundary } = this.#said;
    if (this.#stage !== "running" || !inTransaction || !atBoundary) return false;
    this.#lost = new LostTransaction(
      (reply) => this.push(reply),
      () => {
        this.#lost = undefined;
        this.#part();
      },
      { awaited, told, skipping },
    );
    return true;
  }

  /** Tells the client that the connection has closed, when it is not just about to send something. */
  #part(reason?: Error): void {
    const close = (): void => {
      this.#parting = undefined;
      if (this.destroyed) return;
      this.#stage = "over";
      if (reason && this.listenerCount("error") > 0) this.emit("error", reason);
      // at once: a stream would do so a moment later
      this.emit("close");
      this.destroy();
    };
    this.#parting = close;
    // nobody waits for that answer: a rejection would be an unhandled one, and end the process; the query after it fails
    const missing = this.#answer ? 0 : this.#said.missing;
    if (this.#askedForTypes) this.push(Buffer.concat([Buffer.alloc(missing), READY_FOR_QUERY]));
    whenNothingIsAboutToBeSent(() => {
      if (this.#parting === close) close();
    });
  }

  #onReady(): void {
    this.#askedForTypes = false;
    this.#answer = undefined;
    this.#mayEnd();
  }

  /** A unit that nobody disposes of keeps no process alive, only a query does; of one, a part may be under way. */
  #mayEnd(): void {
    if (this.#said.isAnswered && this.#entrance?.login && !this.#traces.listens) this.#raw?.unref();
  }

  get #isIdle(): boolean {
    return this.#stage === "running" && this.#said.isIdle && !this.#lost && !this.#parting;
  }

  idles(time: number): boolean {
    const { stained, lasts, listens } = this.#traces;
    if (!this.#options.maySleep?.() || !this.#entrance?.login || stained || lasts || listens) return false;
    return this.#isIdle && performance.now() - this.#said.readySince >= time;
  }

  giveWay(time: number): void {
    const raw = this.#raw;
    if (!raw || !this.idles(time)) return;
    this.#raw = undefined;
    this.#stage = "asleep";
    this.#prepared = [...this.#said.statements.values()];
    // on the shelf it would be kept from other processes
    this.#leave(raw, somebodyWaits(this.#target));
    const look = (): void => (this.#options.maySleep?.() ? undefined : this.#wake());
    this.#sleeping = setInterval(look, LOOK_EVERY).unref();
  }

  #wake(): void {
    if (this.#stage !== "asleep" || !this.#entrance) return;
    clearInterval(this.#sleeping);
    this.#stage = "waking";
    void this.#enter(this.#entrance);
  }

  /** One that was asleep goes on with what its client has said meanwhile. */
  async #wakeWith({ raw, greeting, messages }: Entered): Promise<void> {
    this.#greeting = greeting;
    this.#raw = raw;
    if (messages.length > 0) this.push(messages);
    // one that can't be prepared any more fails where it is used
    if (this.#prepared.length > 0) await rawRoundTrip(raw, Buffer.concat([...this.#prepared, SYNC]));
    if (this.destroyed) {
      raw.destroy();
      return;
    }
    this.#use(raw);
    this.#stage = "running";
    this.#said.readySince = performance.now();
    const held = this.#held.take();
    if (held.length > 0) raw.write(held);
    else this.#mayEnd();
  }

  /** The client says good-bye: the session is kept, if there is nothing against it. */
  #finish(): void {
    const raw = this.#raw;
    const isIdle = this.#isIdle;
    this.#stage = "over";
    // it may be in line, or in the middle of a login
    this.#entrance?.abort();
    if (raw) {
      unhear(raw);
      const saying = isIdle ? this.#sayFarewell(raw) : undefined;
      void Promise.resolve(saying).then(() => this.#leave(raw, isIdle));
    }
    this.push(null);
    this.destroy();
  }

  /** Settled when the server has done all of it. */
  #sayFarewell(raw: Socket): Promise<unknown> | undefined {
    const { parting } = this.#options;
    if (!parting?.farewell || parting.reply) return undefined;
    const { query, afterwards } = parting.farewell;
    const queries = afterwards && this.#isCleared ? [query, DISCARD, afterwards] : [query];
    const [said, , done] = rawQueries(raw, queries).map((reply) =>
      reply.then(({ error, value }) => (error ? undefined : value)),
    );
    parting.reply = Promise.resolve(said).then((answer) => ({ said: answer, afterwards: Promise.resolve(done) }));
    return done ?? said;
  }

  /** Whether the session is as good as new once it is discarded. */
  get #isCleared(): boolean {
    return this.#options.mayShelve === true && !this.#traces.stained;
  }

  /** Gives the connection to whoever needs it next. */
  #leave(raw: Socket, isIdle: boolean): void {
    unhear(raw);
    const login = isIdle && this.#isCleared ? this.#entrance?.login : undefined;
    if (isForOthers(this.#target)) raw.end(TERMINATE);
    else if (login) void retire(this.#target, { socket: raw, greeting: this.#greeting, lasting: login.lasting });
    else endConnection(this.#target, raw);
  }
}
