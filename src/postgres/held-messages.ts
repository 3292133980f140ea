/** What a client sends that has no connection at the moment. */
import { wholeFrames } from "./frames.ts";
import { FROM_CLIENT } from "./messages.ts";

export class HeldMessages {
  #messages: Buffer[] = [];
  /** The beginning of one. */
  #rest: Buffer = Buffer.alloc(0);

  /** Keeps it, but for the answers to a server that asks for the password: those are returned. */
  push(chunk: Buffer): Buffer[] {
    const { frames, rest } = wholeFrames(Buffer.concat([this.#rest, chunk]));
    this.#rest = rest;
    const isPassword = (message: Buffer): boolean => message[0] === FROM_CLIENT.password;
    this.#messages.push(...frames.filter((message) => !isPassword(message)));
    return frames.filter(isPassword);
  }

  /** All of it, in the client's order. */
  take(): Buffer {
    const all = Buffer.concat([...this.#messages, this.#rest]);
    this.#messages = [];
    this.#rest = Buffer.alloc(0);
    return all;
  }
}
