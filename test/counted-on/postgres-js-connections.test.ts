/** What is counted on of postgres.js when it connects: docs/decisions/what-is-counted-on.md. Read in 3.4.9. */
import { connect, Socket } from "node:net";
import postgres, { type Sql } from "postgres";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SOON } from "../support/soon.ts";
import {
  ASK_PASSWORD,
  complete,
  openScriptedServer,
  READY,
  refusal,
  type Script,
  type ScriptedServer,
  WELCOME,
} from "./scripted-server.ts";

let server: ScriptedServer;
let client: Sql;
afterEach(async () => {
  await client?.end({ timeout: 0 });
  await server?.close();
  vi.unstubAllEnvs();
});

/** A client of one connection that asks for no types. */
const open = (options: object): Sql => {
  client = postgres({ max: 1, fetch_types: false, ...options });
  return client;
};
const openAt = async (script: Script, options: object = {}): Promise<Sql> => {
  server = await openScriptedServer(script);
  return open({ ...server.address, ...options });
};
const ask = (sql: Sql): Promise<unknown> => sql`select`.simple();
const connected = async (): Promise<Socket> => {
  const socket = connect(server.address);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
};

/** Keeps what is written to it. */
class Recorder extends Socket {
  readonly written: Buffer[] = [];
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
}

/** Fails with the first thing that is written to it. */
class Broken extends Socket {
  override _write(): void {
    this.destroy(new Error("broken"));
  }
}

describe("a socket of one's own", () => {
  it("may be connected already, and is logged in on at once", async () => {
    server = await openScriptedServer();
    const socket = await connected();
    const connect = vi.spyOn(socket, "connect");
    await ask(open({ socket: () => socket, ssl: false }));
    expect(connect).not.toHaveBeenCalled();
    expect(server.logins).toHaveLength(1);
  });

  it("that breaks with the startup packet fails the query with its own error, and the next query has another", async () => {
    server = await openScriptedServer();
    const sockets = [async () => new Broken(), connected];
    const sql = open({ socket: () => sockets.shift()?.() });
    await expect(ask(sql)).rejects.toThrow("broken");
    await ask(sql);
  });

  it("that can't be made takes its connection out of use", async () => {
    let asked = 0;
    const sql = open({
      socket: () => {
        asked++;
        return Promise.reject(new Error("no socket"));
      },
    });
    await expect(ask(sql)).rejects.toThrow("no socket");
    let again = "waits";
    void ask(sql).catch(() => {
      again = "fails";
    });
    // a connection would be made in the next timer
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect({ again, asked }).toEqual({ again: "waits", asked: 1 });
  });

  it("that closes before its first message leaves that message to the next one", async () => {
    const [first, second] = [new Recorder(), new Recorder()];
    first.on("newListener", (event) => {
      // that it listens to answers is the last thing before the startup packet
      if (event === "data") process.nextTick(() => first.destroy(new Error("closed")));
    });
    const sockets = [first, second];
    // one that is longer than a kilobyte is not put off to the next turn
    const sql = open({ socket: () => sockets.shift(), connection: { application_name: "a".repeat(600) } });
    await expect(ask(sql)).rejects.toThrow("closed");
    void ask(sql).catch(() => {});
    await vi.waitFor(() => expect(second.written).not.toEqual([]), SOON);
    expect(first.written).toEqual([]);
    expect(String(second.written[0]).split("application_name")).toHaveLength(3);
  });

  it("that comes after end() is logged in on all the same", async () => {
    server = await openScriptedServer();
    let give: ((socket: Socket) => void) | undefined;
    const sql = open({ socket: () => new Promise((resolve) => (give = resolve)) });
    const asked = ask(sql).catch(() => {});
    await vi.waitFor(() => expect(give).toBeDefined(), SOON);
    await sql.end({ timeout: 0 });
    await asked;
    give?.(await connected());
    await server.login(0);
  });
});

describe("a server", () => {
  it("that hangs up on a login is connected to again, without an end", async () => {
    const sql = await openAt({
      login: (login) => (server.logins.length < 4 ? login.socket.end() : login.say(WELCOME)),
    });
    await ask(sql);
    expect(server.logins).toHaveLength(4);
  });

  it("that refuses a login fails the query with its own error, and the next query logs in anew", async () => {
    const sql = await openAt({
      login: (login) =>
        server.logins.length > 1 ? login.say(WELCOME) : login.socket.end(refusal("53300", "too many")),
    });
    await expect(ask(sql)).rejects.toMatchObject({ code: "53300", message: "too many" });
    await ask(sql);
  });

  it("that ends a session in mid-query is reported once more by the query after the next login", async () => {
    const sql = await openAt({
      query: ({ socket, say }) => {
        if (server.logins.length === 1) socket.end(refusal("57P01", "ended"));
        else say(Buffer.alloc(0));
      },
    });
    await expect(ask(sql)).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    await expect(ask(sql)).rejects.toMatchObject({ code: "57P01" });
    expect(server.logins[1]?.queries).toEqual([]);
  });
});

it("what is asked between a socket's error and its close is never answered", async () => {
  let hasClosed = false;
  const sql = await openAt(
    {
      query: ({ socket, say, queries }) => (queries.length > 1 ? socket.resetAndDestroy() : say(complete(), READY)),
    },
    { onclose: () => (hasClosed = true) },
  );
  await ask(sql);
  let between = "is asked too late";
  const lost = ask(sql).catch((error: unknown) => {
    if (!hasClosed) between = "waits";
    void ask(sql).then(
      () => (between = "is answered"),
      () => (between = "fails"),
    );
    throw error;
  });
  await expect(lost).rejects.toMatchObject({ code: "ECONNRESET" });
  await vi.waitFor(() => expect(hasClosed).toBe(true), SOON);
  await ask(sql);
  expect(between).toBe("waits");
  expect(server.logins[1]?.queries).toHaveLength(1);
});

describe("close(), which no type has", () => {
  const closed = (sql: Sql): Promise<void> => (sql as Sql & { close(): Promise<void> }).close();

  it("ends connections that are open, one in use once its queries are answered, and the next query logs in", async () => {
    const sql = await openAt({});
    await ask(sql);
    await closed(sql);
    const late = [1, 2].map(() => sql`select`.simple().execute());
    await vi.waitFor(() => expect(server.logins).toHaveLength(2), SOON);
    await Promise.all([...late, closed(sql)]);
    await ask(sql);
    expect(server.logins.map(({ queries }) => queries.length)).toEqual([1, 2, 1]);
  });

  it("has a connection that was not open never used again", async () => {
    const sql = await openAt({});
    await closed(sql);
    let again = "waits";
    void ask(sql).catch(() => {
      again = "fails";
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect({ again, logins: server.logins.length }).toEqual({ again: "waits", logins: 0 });
  });

  it("ends a connection that is reserved only with a query after its release, and fails the one after that", async () => {
    const sql = await openAt({});
    await ask(sql);
    const reserved = await sql.reserve();
    void closed(sql);
    reserved.release();
    await ask(sql);
    await expect(ask(sql)).rejects.toMatchObject({ code: "CONNECTION_DESTROYED" });
    expect(server.logins).toHaveLength(1);
  });
});

it("a client that is given another one's options shares them", () => {
  const { options } = open({ host: "127.0.0.2" });
  vi.stubEnv("PGHOST", "127.0.0.3");
  expect(postgres(options as object).options).toBe(options);
});

describe("the environment", () => {
  /** Every variable that 3.4.9 looks up, but for one that has no option that outranks it. */
  const VARIABLES = [
    "HOST",
    "PORT",
    "USERNAME",
    "USER",
    "DATABASE",
    "PASSWORD",
    "APPNAME",
    "MAX",
    "SSL",
    "SSLNEGOTIATION",
  ];

  it("is read when a client is made, and not when it connects", async () => {
    const sql = await openAt({}, { user: "me", database: "mine" });
    for (const name of VARIABLES) vi.stubEnv(`PG${name}`, "127.0.0.2");
    await ask(sql);
    expect(server.logins[0]?.parameters).toEqual({
      ...{ user: "me", database: "mine", client_encoding: "UTF8", application_name: "postgres.js" },
    });
  });

  it("has a variable that no option keeps out", () => {
    vi.stubEnv("PGTARGETSESSIONATTRS", "any");
    expect(() => postgres({ ...{ target_session_attrs: null } } as object)).toThrow("any is not supported");
  });

  it("gives no password where a function gives an empty one", async () => {
    vi.stubEnv("PGPASSWORD", "secret");
    const given: string[] = [];
    const sql = await openAt(
      {
        login: (login) => login.say(ASK_PASSWORD),
        password: (login, password) => {
          given.push(password);
          login.say(WELCOME);
        },
      },
      { password: () => "" },
    );
    await ask(sql);
    expect(given).toEqual([""]);
  });
});

it("a host and a port in lists are taken as they are, where an address in text is cut at its colons", () => {
  expect(postgres({ host: ["::1"], port: [5433] } as object).options).toMatchObject({ host: ["::1"], port: [5433] });
  expect(postgres({ host: "::1", port: 5433 }).options.host).toEqual([""]);
});
