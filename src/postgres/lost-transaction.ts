/**
 * Answers a client whose connection was lost in the middle of a transaction, as the server would if the transaction had
 * failed: each query gets an error, until the client ends it. Without that, postgres.js hands the connection to the next
 * one who wants one, sends the rest of the transaction there, outside of any, or ends the process with
 * "Cannot read properties of null".
 */
import { FrameReader, frame } from "./frames.ts";
import { FROM_CLIENT } from "./messages.ts";

const { query: QUERY, parse: PARSE, bind, describe, execute, close, sync: SYNC, call: CALL } = FROM_CLIENT;
/** Those of an extended query: the server skips what follows one that failed, up to the next sync. */
const EXTENDED = new Set<number>([PARSE, bind, describe, execute, close]);
const ENDS = /^\s*(?:rollback|abort|commit|end)\b(?!\s+(?:work\s+|transaction\s+)?to\b)/i;

const FAILED = frame("Z", Buffer.from("E"));
/** The class of code is that of a lost connection (08006). */
const LOST = frame(
  "E",
  Buffer.from("SERROR\0VERROR\0C08006\0Mthe connection was lost, and what the transaction did with it\0\0"),
);

export class LostTransaction {
  readonly #answer: (reply: Buffer) => void;
  readonly #over: () => void;
  readonly #reader = new FrameReader(new Set([QUERY, PARSE]), (type, body) => this.#onMessage(type, body));
  #skipping = false;
  #ends = false;

  /**
   * @param answer - what the client is to read
   * @param over - called when the client has ended its transaction, and the connection with it
   * @param sent - how many replies the client waits for, whether the server has said of the first why it fails, and
   *   whether a part of an extended query was sent after the last of them
   */
  constructor(
    answer: (reply: Buffer) => void,
    over: () => void,
    sent: { readonly awaited: number; readonly told: boolean; readonly skipping: boolean },
  ) {
    this.#answer = answer;
    this.#over = over;
    for (let at = 0; at < sent.awaited; at++) answer(at === 0 && sent.told ? FAILED : Buffer.concat([LOST, FAILED]));
    this.#skipping = sent.skipping;
    if (sent.skipping && !(sent.told && sent.awaited === 0)) answer(LOST);
  }

  /** Takes what the client sends. It is answered a little later: no client expects that before it has done sending. */
  push(chunk: Buffer): void {
    process.nextTick(() => this.#reader.push(chunk));
  }

  #onMessage(type: number, body: Buffer | undefined): void {
    const text = body?.toString("utf8") ?? "";
    if (type === QUERY || type === CALL) {
      this.#answer(LOST);
      this.#ready(ENDS.test(text));
    } else if (type === SYNC) {
      this.#skipping = false;
      this.#ready(this.#ends);
    } else if (EXTENDED.has(type)) {
      // a statement's name comes first
      if (type === PARSE) this.#ends ||= ENDS.test(text.slice(text.indexOf("\0") + 1));
      if (!this.#skipping) this.#answer(LOST);
      this.#skipping = true;
    }
  }

  #ready(ends: boolean): void {
    // a client that was told of an idle session would use it for something else
    this.#answer(FAILED);
    if (ends) this.#over();
  }
}
