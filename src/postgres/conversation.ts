/** Follows what a client and a server say to each other, to know what is under way between them. */
import { FrameReader, frame } from "./frames.ts";
import { FROM_CLIENT, FROM_SERVER } from "./messages.ts";

const { ready: READY, error: ERROR } = FROM_SERVER;
const { query, sync, call, parse: PARSE, bind, describe, execute, close: CLOSE, flush } = FROM_CLIENT;
/** Client messages that a ReadyForQuery follows. */
const EXPECTS_READY = new Set<number>([query, sync, call]);
/** Client messages that a sync follows, sooner or later. */
const EXPECTS_SYNC = new Set<number>([PARSE, bind, describe, execute, CLOSE, flush]);
const NAMES_STATEMENT = 0x53;

export class Conversation {
  /** Messages that were sent and are not answered yet. */
  awaited = 0;
  /** Whether the client's last message was one that a sync is still to follow. */
  unsynced = false;
  inTransaction = false;
  /** Whether the server has said why the query under way fails. */
  told = false;
  /** When the server was last ready for a query. */
  readySince = 0;
  /** Named statements, as the client sent them. */
  readonly statements: Map<string, Buffer> = new Map();
  readonly #onReady: () => void;
  readonly #fromClient = new FrameReader(new Set([PARSE, CLOSE]), (type, body) => this.#onClient(type, body));
  readonly #fromServer = new FrameReader(new Set([READY]), (type, body) => this.#onServer(type, body));

  /** @param onReady - called whenever the server has answered something */
  constructor(onReady: () => void) {
    this.#onReady = onReady;
  }

  sent(chunk: Buffer): void {
    this.#fromClient.push(chunk);
  }

  received(chunk: Buffer): void {
    this.#fromServer.push(chunk);
  }

  /** Whether the client is between two messages. */
  get clientAtBoundary(): boolean {
    return this.#fromClient.atBoundary;
  }

  get atBoundary(): boolean {
    return this.#fromClient.atBoundary && this.#fromServer.atBoundary;
  }

  /** How many bytes of the server's last message are still to come. */
  get missing(): number {
    return this.#fromServer.missing;
  }

  /** Whether there is nothing that the server has not answered, all of it. */
  get isAnswered(): boolean {
    return this.awaited === 0 && !this.unsynced;
  }

  /** Whether nothing at all is under way. */
  get isIdle(): boolean {
    return this.isAnswered && !this.inTransaction && this.atBoundary;
  }

  #onClient(type: number, body: Buffer | undefined): void {
    if (EXPECTS_READY.has(type)) {
      this.awaited++;
      this.unsynced = false;
    } else if (EXPECTS_SYNC.has(type)) {
      this.unsynced = true;
    }
    if (!body) return;
    // the name comes first; a statement without one is for once
    const name = (from: number): string => body.toString("latin1", from, body.indexOf(0, from));
    if (type === PARSE && body[0] !== 0) this.statements.set(name(0), frame("P", body));
    if (type === CLOSE && body[0] === NAMES_STATEMENT) this.statements.delete(name(1));
  }

  #onServer(type: number, body: Buffer | undefined): void {
    this.told = type === ERROR;
    if (type !== READY) return;
    this.awaited--;
    this.inTransaction = body?.toString("latin1") !== "I";
    this.readySince = performance.now();
    this.#onReady();
  }
}
