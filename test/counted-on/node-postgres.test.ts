/** What is counted on of node-postgres: docs/decisions/what-is-counted-on.md. Read in pg 8.23.1 with pg-pool 3.14.0. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import pg, { type PoolClient } from "pg";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isOfDriver } from "../../src/connections/drivers-timers.ts";
import {
  ASK_PASSWORD,
  openScriptedServer,
  PROCESS,
  READY,
  row,
  type Script,
  type ScriptedServer,
  WELCOME,
} from "./scripted-server.ts";

let server: ScriptedServer;
let pool: pg.Pool;
afterEach(async () => {
  if (!pool.ending) await pool.end();
  await server.close();
  vi.unstubAllEnvs();
});

async function open(script: Script, options: object = {}): Promise<pg.Pool> {
  server = await openScriptedServer(script);
  pool = new pg.Pool({ ...server.address, user: "me", database: "mine", max: 1, ...options });
  pool.on("error", () => {});
  return pool;
}

describe("a pool", () => {
  it("gives every query to its client's own query(), of the prototype", async () => {
    await open({});
    const query = vi.spyOn(pg.Client.prototype, "query");
    await pool.query("select");
    await pool.query({ text: "select" });
    const client = await pool.connect();
    await client.query("select");
    client.release();
    expect(query.mock.calls.map(([given]) => given)).toEqual(["select", { text: "select" }, "select"]);
    query.mockRestore();
  });

  it("calls who waits in the context of who gave the client back", async () => {
    await open({});
    const context = new AsyncLocalStorage<string>();
    const client = await pool.connect();
    const called = context.run(
      "waits",
      () =>
        new Promise((resolve) => {
          pool.connect((_, __, release) => {
            release();
            resolve(context.getStore());
          });
        }),
    );
    context.run("gives back", () => client.release());
    expect(await called).toBe("gives back");
  });

  it("hands out an idle client with process.nextTick, by a function that is known by its source", async () => {
    const idle = await open({});
    await idle.query("select");
    const ticks = vi.spyOn(process, "nextTick");
    try {
      await idle.query("select");
      expect(ticks.mock.calls.filter(([callback]) => isOfDriver(callback))).toHaveLength(1);
    } finally {
      ticks.mockRestore();
    }
    expect(isOfDriver(pg.Pool.prototype.connect)).toBe(true);
  });

  it("asks for one socket for each client, connects it, and uses no other", async () => {
    const sockets: Socket[] = [];
    const stream = (): Socket => {
      const socket = new Socket();
      sockets.push(socket);
      return socket;
    };
    const client = await (await open({}, { stream })).connect();
    client.on("error", () => {});
    expect(sockets).toHaveLength(1);
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    sockets[0]?.destroy();
    await ended;
    client.release();
  });

  it("drops a client that is given back after its connection has closed, without being told", async () => {
    const client = await (await open({})).connect();
    client.on("error", () => {});
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    server.logins[0]?.socket.destroy();
    await ended;
    client.release();
    await pool.query("select");
    expect(server.logins).toHaveLength(2);
  });

  it("that ends leaves callers waiting that have no client yet", async () => {
    const client = await (await open({})).connect();
    let waiting = "waits";
    const settle = (): void => {
      waiting = "has ended";
    };
    pool.connect().then(settle, settle);
    const ended = pool.end();
    client.release();
    await ended;
    await turn();
    expect({ waiting, waitingCount: pool.waitingCount }).toEqual({ waiting: "waits", waitingCount: 1 });
  });

  it("gives an idle client to a query of this turn before the next one", async () => {
    await (await open({})).query("select");
    const late = pool.query("select").then(() => "answered");
    expect(pool.waitingCount).toBe(1);
    await turn();
    await pool.end();
    expect(await late).toBe("answered");
  });

  it("takes the client for a query from its own connect(), with a callback", async () => {
    await open({});
    const connect = vi.fn((callback: (error: Error) => void) => callback(new Error("refused")));
    Object.assign(pool, { connect });
    await expect(pool.query("select")).rejects.toThrow("refused");
    expect(connect).toHaveBeenCalledOnce();
  });
});

describe("a client", () => {
  it("sends a query without values by the simple protocol", async () => {
    const query = vi.fn(({ say }, _text: string) => say(row(25, "text"), READY));
    await (await open({ query })).query({ text: "select", rowMode: "array" });
    expect(query).toHaveBeenCalledOnce();
  });

  it("knows the process that its login told of", async () => {
    const client = (await (await open({})).connect()) as PoolClient & { processID?: unknown };
    expect(client.processID).toBe(PROCESS);
    client.release();
  });

  /** Every variable that is looked up for the driver in JavaScript; a native one would look up more. */
  const VARIABLES: Readonly<Record<string, string>> = {
    ...{
      PGHOST: "127.0.0.2",
      PGPORT: "1",
      PGUSER: "you",
      PGDATABASE: "yours",
      PGPASSWORD: "secret",
      PGSSLMODE: "require",
    },
    ...{ PGSSLNEGOTIATION: "direct", PGCLIENT_ENCODING: "LATIN1", PGREPLICATION: "database", PGBINARY: "true" },
    ...{ PGAPPNAME: "yours", PGOPTIONS: "-c lock_timeout=1", PGCONNECT_TIMEOUT: "1" },
  };
  const NAMED = { ssl: false, sslnegotiation: "postgres", client_encoding: "UTF8", replication: "false" };

  it("is reached by no variable where its settings are named", async () => {
    for (const [name, value] of Object.entries(VARIABLES)) vi.stubEnv(name, value);
    const given: string[] = [];
    const script: Script = {
      login: (login) => login.say(ASK_PASSWORD),
      password: (login, password) => {
        given.push(password);
        login.say(WELCOME);
      },
    };
    await open(script, { ...NAMED, application_name: "mine", options: "-c jit=off", password: () => "" });
    await pool.query("select");
    expect(given).toEqual([""]);
    expect(server.logins[0]?.parameters).toEqual({
      client_encoding: "UTF8",
      ...{ user: "me", database: "mine", application_name: "mine", options: "-c jit=off", replication: "false" },
    });
  });

  it.each([
    ["application_name", "PGAPPNAME"],
    ["options", "PGOPTIONS"],
    ["replication", "PGREPLICATION"],
  ])("takes an empty %s for none, and looks for %s", async (name, variable) => {
    vi.stubEnv(variable, "yours");
    await open({}, { ...NAMED, [name]: "" });
    await pool.query("select");
    expect(server.logins[0]?.parameters).toMatchObject({ [name]: "yours" });
  });
});
