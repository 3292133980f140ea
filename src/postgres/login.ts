/** What a server says from the startup packet until it is ready for queries, or until it turns the login down. */
import type { Socket } from "node:net";
import { SQLSTATE } from "../sql/sqlstate.ts";
import { FrameReader, wholeFrames } from "./frames.ts";
import { FROM_SERVER } from "./messages.ts";
import { reportedError } from "./raw-query.ts";
import { unhear } from "./shelf.ts";

const { parameter: PARAMETER, key: KEY, ready: READY, error: ERROR } = FROM_SERVER;

/** A login that was made. */
export interface Entered {
  readonly raw: Socket;
  /** Whether the connection has served a unit before, and so leads where it should. */
  readonly wasUsed: boolean;
  /** What the server said of itself: parameters and the key for cancelling, as messages. */
  readonly greeting: Buffer;
  /** What the client has not been told yet, without the last message. */
  readonly messages: Buffer;
  /** The last message of a login, and whatever came after it. */
  readonly ready: Buffer;
}

/** The server ended a login, after it has told the client why, if it did. */
export class TurnedDown extends Error {
  override readonly name = "TurnedDown";
}

/**
 * Logs a client in that answers for itself what the server asks for.
 *
 * @param tell - takes whole messages for the client
 * @param maskFull - whether the client is not told that there is no connection left
 * @throws Error `isFull` where it was not told; else TurnedDown, because of whatever broke the connection
 */
export function logIn(
  raw: Socket,
  startup: Buffer,
  tell: (messages: Buffer) => void,
  maskFull: boolean,
): Promise<Entered> {
  const reader = new LoginReader();
  return new Promise((resolve, reject) => {
    const fail = (reason: Error): void => {
      unhear(raw);
      reject(reason);
    };
    let reason: unknown;
    raw.on("error", (error) => {
      reason = error;
    });
    raw.on("close", () => fail(new TurnedDown("the server ended the login", { cause: reason })));
    raw.on("data", (chunk: Buffer) => {
      const { messages, ready, refusal } = reader.push(chunk);
      if (ready) {
        // whoever uses it next listens before anything else can come
        unhear(raw);
        resolve({ raw, wasUsed: false, greeting: reader.greeting, messages, ready });
      } else if (refusal && maskFull) {
        if (messages.length > 0) tell(messages);
        fail(refusal.error);
        raw.destroy();
      } else {
        const said = refusal ? Buffer.concat([messages, refusal.message]) : messages;
        if (said.length > 0) tell(said);
      }
    });
    raw.write(startup);
  });
}

/** What came of a piece of it. */
interface LoginStep {
  /** Whole messages for the client. A refusal for want of connections is not among them. */
  readonly messages: Buffer;
  readonly ready?: Buffer;
  /** There is no connection left. */
  readonly refusal?: { readonly error: Error; readonly message: Buffer };
}

/** Reads one login. */
class LoginReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #greeting: Buffer[] = [];

  get greeting(): Buffer {
    return Buffer.concat(this.#greeting);
  }

  push(chunk: Buffer): LoginStep {
    const { frames, rest } = wholeFrames(Buffer.concat([this.#rest, chunk]));
    this.#rest = rest;
    for (const [at, message] of frames.entries()) {
      const messages = (): Buffer => Buffer.concat(frames.slice(0, at));
      if (message[0] === READY) return { messages: messages(), ready: Buffer.concat([...frames.slice(at), rest]) };
      if (message[0] === PARAMETER || message[0] === KEY) this.#greeting.push(message);
      const error = refusalIn(message);
      if (error) return { messages: messages(), refusal: { error, message } };
    }
    return { messages: Buffer.concat(frames) };
  }
}

/** The error in what a server has said last, if it is that there was no connection left. */
export function fullIn(said: Buffer): Error | undefined {
  const error = wholeFrames(said).frames.find((message) => message[0] === ERROR);
  return error && refusalIn(error);
}

function refusalIn(message: Buffer): Error | undefined {
  if (message[0] !== ERROR) return undefined;
  const error = reportedError(message.subarray(5));
  return (error as { code?: unknown }).code === SQLSTATE.tooManyConnections ? error : undefined;
}

/** The process that a login told of. */
export function pidOf(greeting: Buffer): number | undefined {
  let pid: number | undefined;
  const reader = new FrameReader(new Set([KEY]), (type, body) => {
    if (type === KEY && body && body.length >= 4) pid = body.readUInt32BE(0);
  });
  reader.push(greeting);
  return pid;
}
