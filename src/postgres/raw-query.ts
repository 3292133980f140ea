/** Asks something on a connection that no client has, or none has yet. */
import type { Socket } from "node:net";
import { FrameReader, frame, queryFrame } from "./frames.ts";
import { FROM_SERVER } from "./messages.ts";
import { unhear } from "./shelf.ts";

const { parameter: PARAMETER, ready: READY, error: ERROR, authentication: AUTHENTICATION, row: ROW } = FROM_SERVER;

/** What the server said. */
export interface Reply {
  /** Why it failed, as drivers report it; also where the connection broke, or was left in a transaction. */
  readonly error: Error | undefined;
  /** The first value of the last row. */
  readonly value: string | null;
  /** Settings that changed, as messages. */
  readonly parameters: Buffer[];
}

/** Sends a simple query and waits until the server is ready again. Never rejects. */
export const rawQuery = (socket: Socket, query: string): Promise<Reply> => rawRoundTrip(socket, queryFrame(query));

/** The same for messages of which one makes the server say that it is ready. */
export const rawRoundTrip = (socket: Socket, messages: Buffer): Promise<Reply> =>
  exchange(socket, messages, 1)[0] as Promise<Reply>;

/**
 * Sends simple queries, each a transaction of its own, all at once: the server does them even where this process ends
 * before it hears of that, and the next even where one has failed.
 */
export const rawQueries = (socket: Socket, queries: readonly string[]): Promise<Reply>[] =>
  exchange(socket, Buffer.concat(queries.map(queryFrame)), queries.length);

/** Sends messages after which the server says so many times that it is ready. */
function exchange(socket: Socket, messages: Buffer, count: number): Promise<Reply>[] {
  const waiting: ((reply: Reply) => void)[] = [];
  const replies = Array.from({ length: count }, () => new Promise<Reply>((resolve) => waiting.push(resolve)));
  let parameters: Buffer[] = [];
  let value: string | null = null;
  let error: Error | undefined;
  const settle = (): void => {
    const resolve = waiting.shift();
    if (waiting.length === 0) unhear(socket);
    resolve?.({ error, value, parameters });
    [error, value, parameters] = [undefined, null, []];
  };
  const broke = (cause?: Error): void => {
    const lost = new Error("the server closed the connection", cause instanceof Error ? { cause } : undefined);
    while (waiting.length > 0) {
      error ??= Object.assign(lost, { code: "CONNECTION_CLOSED" });
      settle();
    }
  };
  const reader = new FrameReader(new Set([PARAMETER, READY, ERROR, ROW]), (type, body = Buffer.alloc(0)) => {
    if (type === ERROR) error = reportedError(body);
    if (type === AUTHENTICATION) error = new Error("the server asked for a password a second time");
    if (type === PARAMETER) parameters.push(frame("S", body));
    if (type === ROW) value = firstValue(body);
    if (type !== READY) return;
    if (body.toString("latin1") !== "I") error ??= new Error("a transaction was left open");
    settle();
  });
  if (socket.destroyed) {
    broke();
    return replies;
  }
  unhear(socket);
  // whoever has nothing under way may have let the process end; an answer is awaited now
  socket.ref();
  socket.on("data", (chunk: Buffer) => reader.push(chunk));
  socket.on("error", broke).on("close", () => broke());
  socket.write(messages);
  return replies;
}

/** Of two bytes that count the columns, then a length and a value for each; a length of -1 is null. */
function firstValue(body: Buffer): string | null {
  const length = body.readInt32BE(2);
  return length < 0 ? null : body.toString("utf8", 6, 6 + length);
}

/** Fields of an error, by the letters they have in the protocol, as both drivers call them. */
const FIELDS: Readonly<Record<string, string>> = {
  S: "severity",
  C: "code",
  D: "detail",
  H: "hint",
  P: "position",
  W: "where",
  s: "schema_name",
  R: "routine",
};

/** An ErrorResponse without its head, as drivers show it. */
export function reportedError(body: Buffer): Error {
  const fields = new Map(
    body
      .toString("utf8")
      .split("\0")
      .filter(Boolean)
      .map((field) => [field.charAt(0), field.slice(1)]),
  );
  const named = Object.entries(FIELDS).flatMap(([letter, name]) =>
    fields.has(letter) ? [[name, fields.get(letter)]] : [],
  );
  return Object.assign(new Error(fields.get("M") ?? "the server reported an error"), Object.fromEntries(named));
}
