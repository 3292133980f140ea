/**
 * Tells when a server's turn in the Postgres protocol is over, that is, when it will send no more before the client
 * speaks again. It follows message boundaries across chunks and never looks at contents, but for the kind of an
 * authentication request.
 */

// the first bytes of the server's messages
export const AUTHENTICATION = 0x52;
export const READY = 0x5a;
const COPY_IN = 0x47;
/** Authentication messages after which the server goes on by itself: Ok, and SASLFinal, which an Ok follows. */
const NO_REPLY_WANTED = new Set([0, 12]);
/** Notices, notifications and changed settings, which may follow at any time, also once the turn is over. */
const ASYNCHRONOUS = new Set([0x4e, 0x41, 0x53]);

/** Collects a server's bytes until its turn is over. */
export class TurnReader {
  #chunks: Buffer[] = [];
  /** The beginning of a message whose header has not come as a whole. */
  #begun = Buffer.alloc(0);
  /** Bytes of the current message's body that are still to come. */
  #rest = 0;
  #over = false;

  /** The whole turn, once `chunk` completes it. */
  push(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk);
    const skipped = Math.min(this.#rest, chunk.length);
    this.#rest -= skipped;
    let bytes = Buffer.concat([this.#begun, chunk.subarray(skipped)]);
    // type, length, and for an authentication request its kind
    while (bytes.length >= (bytes[0] === AUTHENTICATION ? 9 : 5)) {
      const length = 1 + bytes.readInt32BE(1);
      if (!ASYNCHRONOUS.has(bytes[0] ?? 0)) this.#over = endsTurn(bytes);
      this.#rest = Math.max(0, length - bytes.length);
      bytes = bytes.subarray(length);
    }
    this.#begun = bytes;
    return this.#over && this.#rest === 0 && bytes.length === 0 ? this.take() : undefined;
  }

  /** What came so far, for when the server hangs up in the middle of its turn. */
  take(): Buffer {
    const turn = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#over = false;
    return turn;
  }
}

function endsTurn(message: Buffer): boolean {
  const type = message[0];
  return (
    type === READY || type === COPY_IN || (type === AUTHENTICATION && !NO_REPLY_WANTED.has(message.readInt32BE(5)))
  );
}
