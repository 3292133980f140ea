/**
 * A server that answers in the Postgres protocol what a test has it answer. What is tried with it is what a driver does with
 * the answers, in moments that no real server brings about at will.
 */
import { createServer, type Socket } from "node:net";
import { vi } from "vitest";
import { SOON } from "../support/soon.ts";

/** One connection of a driver. */
export interface Login {
  readonly socket: Socket;
  /** The parameters of its startup packet. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The texts of its queries, so far. */
  readonly queries: string[];
  say(...messages: Buffer[]): void;
}

export interface Script {
  /** Answers a startup packet. `@default` lets the driver in */
  login?(login: Login): void;
  /** Answers a password. */
  password?(login: Login, password: string): void;
  /** Answers a simple query. `@default` with no row */
  query?(login: Login, text: string): void;
  /** Answers the first message of a query of the extended protocol. `@default` not at all */
  parse?(login: Login, text: string): void;
}

export interface ScriptedServer {
  /** For either driver. */
  readonly address: { readonly host: string; readonly port: number };
  /** In the order in which their startup packets came. */
  readonly logins: readonly Login[];
  /** Waits for a login. */
  login(index: number): Promise<Login>;
  close(): Promise<void>;
}

type Part = string | number | Buffer;

/** A number is four bytes long. */
function bytesOf(part: Part): Buffer {
  if (typeof part !== "number") return Buffer.from(part);
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(part);
  return bytes;
}

function message(type: string, ...parts: readonly Part[]): Buffer {
  const body = Buffer.concat(parts.map(bytesOf));
  return Buffer.concat([Buffer.from(type), bytesOf(body.length + 4), body]);
}

/** The process that a login is told of. */
export const PROCESS = 4711;
export const READY: Buffer = message("Z", "I");
export const IN_TRANSACTION: Buffer = message("Z", "T");
export const EMPTY_QUERY: Buffer = message("I");
export const WELCOME: Buffer = Buffer.concat([message("R", 0), message("K", PROCESS, 1), READY]);
export const ASK_PASSWORD: Buffer = message("R", 3);
export const complete = (command = "SELECT 0"): Buffer => message("C", `${command}\0`);
export const refusal = (code: string, text: string): Buffer => message("E", `SFATAL\0VFATAL\0C${code}\0M${text}\0\0`);

const short = (number: number): Buffer => bytesOf(number).subarray(2);
/** What comes before the end of a query of the extended protocol that has no parameters and no columns. */
export const PARSED: Buffer = Buffer.concat([message("1"), message("t", short(0)), message("n"), message("2")]);
/** One row with one column. */
export const row = (type: number, value: string): Buffer =>
  Buffer.concat([
    message("T", short(1), "value\0", 0, short(0), type, short(-1), -1, short(0)),
    message("D", short(1), value.length, value),
    complete("SELECT 1"),
  ]);

export async function openScriptedServer(script: Script = {}): Promise<ScriptedServer> {
  const logins: Login[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let login: Login | undefined;
    const take = (type: string, body: Buffer): void => {
      const text = body.toString("utf8").replace(/\0$/, "");
      if (!login) {
        const say = (...messages: Buffer[]): void => void socket.write(Buffer.concat(messages));
        login = { socket, parameters: parametersOf(body), queries: [], say };
        logins.push(login);
        script.login ? script.login(login) : say(WELCOME);
      } else if (type === "p") script.password?.(login, text);
      else if (type === "Q") {
        login.queries.push(text);
        script.query ? script.query(login, text) : login.say(complete(), READY);
      } else if (type === "P") {
        // behind the name of the statement
        const [, query = ""] = text.split("\0");
        login.queries.push(query);
        script.parse?.(login, query);
      }
    };
    let unread = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      unread = Buffer.concat([unread, chunk]);
      for (;;) {
        // the startup packet has no type
        const at = login ? 1 : 0;
        const end = unread.length < at + 4 ? Number.POSITIVE_INFINITY : at + unread.readInt32BE(at);
        if (unread.length < end) return;
        const [type, body] = [unread.toString("latin1", 0, at), unread.subarray(at + 4, end)];
        unread = unread.subarray(end);
        take(type, body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    address: { host: "127.0.0.1", port },
    logins,
    login: (index) =>
      vi.waitFor(() => {
        const login = logins[index];
        if (!login) throw new Error(`${logins.length} logins came`);
        return login;
      }, SOON),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Behind the version of the protocol: names and values by turns. */
function parametersOf(packet: Buffer): Record<string, string> {
  const words = packet.toString("utf8", 4).split("\0");
  const parameters: Record<string, string> = {};
  for (let at = 0; words[at]; at += 2) parameters[words[at] as string] = words[at + 1] ?? "";
  return parameters;
}
