/** Follows the messages of one direction of the Postgres protocol across chunks, whatever their size. */

/** Called at the end of each message; `body` is there only for the types that were asked for. */
export type OnFrame = (type: number, body: Buffer | undefined) => void;

/** Reads the boundaries of messages that all have a type byte, and the bodies of some. */
export class FrameReader {
  #header = Buffer.alloc(0);
  #rest = 0;
  #type = 0;
  #body: Buffer[] | undefined;
  readonly #wanted: ReadonlySet<number>;
  readonly #onFrame: OnFrame;

  constructor(wanted: ReadonlySet<number>, onFrame: OnFrame) {
    this.#wanted = wanted;
    this.#onFrame = onFrame;
  }

  /** Whether the last byte seen was the last of a message. */
  get atBoundary(): boolean {
    return this.#rest === 0 && this.#header.length === 0;
  }

  /** How many bytes a message lacks whose head was seen. */
  get missing(): number {
    return this.#rest;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#rest === 0) {
        const step = Math.min(5 - this.#header.length, chunk.length - at);
        this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + step)]);
        at += step;
        if (this.#header.length < 5) return;
        this.#type = this.#header[0] ?? 0;
        this.#rest = this.#header.readInt32BE(1) - 4;
        this.#header = Buffer.alloc(0);
        this.#body = this.#wanted.has(this.#type) ? [] : undefined;
      } else {
        const step = Math.min(this.#rest, chunk.length - at);
        this.#body?.push(chunk.subarray(at, at + step));
        this.#rest -= step;
        at += step;
      }
      if (this.#rest === 0) this.#onFrame(this.#type, this.#body && Buffer.concat(this.#body));
    }
  }
}

/** The whole messages in a buffer, and what is left; what is no message is left, too. */
export function wholeFrames(buffer: Buffer): { readonly frames: Buffer[]; readonly rest: Buffer } {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + 5 <= buffer.length) {
    const length = buffer.readInt32BE(at + 1);
    const end = at + 1 + length;
    if (length < 4 || end > buffer.length) break;
    frames.push(buffer.subarray(at, end));
    at = end;
  }
  return { frames, rest: buffer.subarray(at) };
}

/** A message: its type, its length, its body. */
export function frame(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0, "latin1");
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** A simple query. */
export const queryFrame = (sql: string): Buffer => frame("Q", Buffer.from(`${sql}\0`));
