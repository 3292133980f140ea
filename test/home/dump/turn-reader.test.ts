import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TurnReader } from "../../../src/home/dump/turn-reader.ts";

function message(type: string, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
function authentication(kind: number, rest = ""): Buffer {
  const body = Buffer.alloc(4);
  body.writeInt32BE(kind);
  return message("R", Buffer.concat([body, Buffer.from(rest)]));
}
const ready = message("Z", Buffer.from("I"));

/** What comes before the end of a turn; bodies may look like messages. */
const within = fc.oneof(
  fc
    .tuple(fc.constantFrom(..."DTCSNAKE1n"), fc.uint8Array({ maxLength: 40 }))
    .map(([type, body]) => message(type, body)),
  fc.constantFrom(authentication(0), authentication(12, "v=Z\0\0\0\x05"), message("D", ready)),
);
const end = fc.oneof(
  fc.constant(ready),
  fc.constantFrom(
    message("G", Buffer.from([0, 0, 1, 0, 0])),
    authentication(10, "SCRAM-SHA-256\0\0"),
    authentication(3),
  ),
);
const turn = fc.tuple(fc.array(within, { maxLength: 6 }), end).map(([all, last]) => Buffer.concat([...all, last]));

/** Feeds a turn in chunks that end at the given places. */
function feed(reader: TurnReader, bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const turns: Buffer[] = [];
  const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
  for (const [index, from] of [0, ...places].entries()) {
    const whole = reader.push(bytes.subarray(from, places[index] ?? bytes.length));
    if (whole) turns.push(whole);
  }
  return turns;
}

describe("TurnReader", () => {
  it("gives the same turns however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(turn, fc.array(fc.nat(), { maxLength: 12 })), { maxLength: 5 }), (stream) => {
        const reader = new TurnReader();
        for (const [bytes, cuts] of stream) expect(feed(reader, bytes, cuts)).toEqual([bytes]);
        expect(reader.take()).toHaveLength(0);
      }),
      { numRuns: 1_500 },
    );
  });

  it("gives a turn that comes byte by byte, and only at its last byte", () => {
    const reader = new TurnReader();
    const bytes = Buffer.concat([authentication(0), message("S", Buffer.from("a\0b\0")), ready]);
    const results = [...bytes].map((byte) => reader.push(Buffer.from([byte])));
    expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
    expect(results.at(-1)).toEqual(bytes);
  });

  it.each([
    ["asks for a password", authentication(5, "salt"), true],
    ["goes on with SASL", authentication(11, "r=x"), true],
    ["says that the login is done", authentication(0), false],
    ["ends SASL, after which an Ok follows", authentication(12), false],
    ["wants data for COPY", message("G"), true],
    ["is ready", ready, true],
    ["reports an error, after which it will be ready", message("E", Buffer.from("x")), false],
  ])("knows whose turn it is when the server %s", (_, bytes, over) => {
    expect(new TurnReader().push(bytes) !== undefined).toBe(over);
  });

  it.each(["N", "A", "S"])("does not wait for ever when a message %s follows the end of a turn", (type) => {
    const bytes = Buffer.concat([ready, message(type, Buffer.from("later"))]);
    expect(new TurnReader().push(bytes)).toEqual(bytes);
    const reader = new TurnReader();
    expect(reader.push(bytes.subarray(0, ready.length + 3))).toBeUndefined();
    expect(reader.push(bytes.subarray(ready.length + 3))).toEqual(bytes);
  });

  it("gives what came so far when the server hangs up", () => {
    const reader = new TurnReader();
    const refusal = message("E", Buffer.from("FATAL"));
    reader.push(refusal);
    expect(reader.take()).toEqual(refusal);
    expect(reader.take()).toHaveLength(0);
  });

  it("reads a turn of many rows in a time that grows with its length only", () => {
    const rows = Buffer.concat(Array.from({ length: 200_000 }, () => message("D", Buffer.from("row"))));
    const reader = new TurnReader();
    for (let at = 0; at < rows.length; at += 1_000) expect(reader.push(rows.subarray(at, at + 1_000))).toBeUndefined();
    expect(reader.push(ready)).toHaveLength(rows.length + ready.length);
  }, 20_000);
});
