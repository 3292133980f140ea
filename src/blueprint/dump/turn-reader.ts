/**
 * Tells when a server's turn in the Postgres protocol is over, that is, when it will send no more before the client
 * speaks again. It follows message boundaries across chunks and never looks at contents, but for the kind of an
 * authentication request.
 */
import { FROM_SERVER } from "./messages.ts";

const { ready: READY, copyIn: COPY_IN, authentication: AUTHENTICATION } = FROM_SERVER;
/** Authentication messages after which the server goes on by itself: Ok, and SASLFinal, which an Ok follows. */
const NO_REPLY_WANTED = new Set([0, 12]);

/** Notices, notifications and changed settings may follow at any time, also once the turn is over. */
const ASYNCHRONOUS = new Set<number>([FROM_SERVER.notice, FROM_SERVER.notification, FROM_SERVER.parameter]);

/** Collects a server's bytes until its turn is over. */
export class TurnReader {
  #chunks: Buffer[] = [];
  #header = Buffer.alloc(0);
  /** Bytes of the current message's body that are still to come. */
  #rest = 0;
  #over = false;

  /** The whole turn, once `chunk` completes it. */
  push(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk);
    let at = 0;
    while (at < chunk.length) {
      if (this.#rest > 0) {
        const step = Math.min(this.#rest, chunk.length - at);
        this.#rest -= step;
        at += step;
        continue;
      }
      // type, length, and for an authentication request its kind
      const wanted =
        this.#header[0] === AUTHENTICATION || (!this.#header.length && chunk[at] === AUTHENTICATION) ? 9 : 5;
      const step = Math.min(wanted - this.#header.length, chunk.length - at);
      this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + step)]);
      at += step;
      if (this.#header.length < wanted) continue;
      this.#rest = 1 + this.#header.readInt32BE(1) - wanted;
      if (!ASYNCHRONOUS.has(this.#header[0] ?? 0)) this.#over = endsTurn(this.#header);
      this.#header = Buffer.alloc(0);
    }
    if (!this.#over || this.#rest > 0 || this.#header.length > 0) return undefined;
    return this.take();
  }

  /** What came so far, for when the server hangs up in the middle of its turn. */
  take(): Buffer {
    const turn = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#over = false;
    return turn;
  }
}

function endsTurn(header: Buffer): boolean {
  const type = header[0];
  return type === READY || type === COPY_IN || (type === AUTHENTICATION && !NO_REPLY_WANTED.has(header.readInt32BE(5)));
}
