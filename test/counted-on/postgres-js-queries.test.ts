/** What is counted on of postgres.js in queries, held connections and types: docs/decisions/what-is-counted-on.md. Read in 3.4.9. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres, { type ReservedSql, type Sql } from "postgres";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isOfDriver } from "../../src/connections/drivers-timers.ts";
import { SOON } from "../support/soon.ts";
import {
  complete,
  EMPTY_QUERY,
  IN_TRANSACTION,
  openScriptedServer,
  PARSED,
  PROCESS,
  READY,
  refusal,
  row,
  type Script,
  type ScriptedServer,
} from "./scripted-server.ts";

let server: ScriptedServer;
let client: Sql;
afterEach(async () => {
  await client?.end({ timeout: 0 });
  await server?.close();
});

/** A client of one connection that asks for no types. */
async function open(script: Script, options: object = {}): Promise<Sql> {
  server = await openScriptedServer(script);
  client = postgres({ ...server.address, max: 1, fetch_types: false, ...options });
  return client;
}

/** Answers as a server does to a transaction, and ends the session after the query "end". */
const TRANSACTION: Script = {
  query({ say, socket, queries }, text) {
    const isOpen = queries.lastIndexOf("begin ") > queries.lastIndexOf("commit");
    say(complete(text === "begin " ? "BEGIN" : "SELECT 0"), isOpen ? IN_TRANSACTION : READY);
    if (text === "end") socket.end();
  },
  parse(login, text) {
    login.say(PARSED);
    this.query?.(login, text);
  },
};

type Method = (...given: unknown[]) => unknown;

/** The parts of a query that its types leave out. */
interface Innards extends Promise<unknown> {
  handler: (query: Innards) => unknown;
  options: { onexecute?: (connection: { onclose: ((error: unknown) => void) | null }) => boolean };
  reject(error: unknown): void;
}
const innards = (query: unknown): Innards => query as Innards;

describe("a query", () => {
  it("passes handle() at once when it is first waited for, and has its text once it was sent", async () => {
    const sql = await open({ parse: ({ say }) => say(PARSED) });
    const query = sql`select ${sql("a")}` as unknown as Innards & {
      readonly executed: boolean;
      readonly string?: string;
    };
    const seen: unknown[] = [];
    const prototype = Object.getPrototypeOf(query) as { handle(): unknown };
    const handle = vi.spyOn(prototype, "handle").mockImplementation(() => void seen.push(query.executed, query.string));
    query.then(undefined, () => {});
    expect(seen).toEqual([false, undefined]);
    expect(Object.getPrototypeOf(sql.unsafe(""))).toBe(prototype);
    handle.mockRestore();
    await sql.unsafe("select").then(
      () => {},
      () => {},
    );
    const sent = sql`select ${sql("a")}` as unknown as typeof query;
    sent.catch(() => {});
    await vi.waitFor(() => expect(sent.string).toBe('select "a"'), SOON);
  });

  it("has a canceller, but for that for types", async () => {
    const cancellers: boolean[] = [];
    const sql = await open({ parse: ({ say }) => say(PARSED, complete("SELECT 0"), READY) }, { fetch_types: true });
    const prototype = Object.getPrototypeOf(sql.unsafe("")) as { handle(this: { canceller: unknown }): unknown };
    const { handle } = prototype;
    prototype.handle = function () {
      cancellers.push(Boolean(this.canceller));
      return Reflect.apply(handle, this, []);
    };
    try {
      await sql.unsafe("select").simple();
    } finally {
      prototype.handle = handle;
    }
    expect(cancellers).toEqual([true, false]);
  });

  it("has parts that have a then, of which a typed value has a type", async () => {
    const sql = await open({});
    const parts = [
      sql("a"),
      sql([1, 2]),
      sql`and a`,
      sql.typed("a" as never, 25),
      sql.json(1),
    ] as unknown[] as object[];
    expect(parts.map((part) => ["then" in part, "type" in part])).toEqual([
      ...[
        [true, false],
        [true, false],
        [true, false],
        [true, true],
        [true, true],
      ],
    ]);
  });

  it("waits for the global timers, with functions that are known by their source", async () => {
    const given: unknown[] = [];
    for (const name of ["setTimeout", "setImmediate"] as const) {
      const timer = globalThis[name] as (...given: unknown[]) => unknown;
      vi.stubGlobal(name, (...values: unknown[]) => {
        given.push(values[0]);
        return timer(...values);
      });
    }
    try {
      const sql = await open({}, { idle_timeout: 20 });
      await sql`select`.simple();
      await sql.end({ timeout: 0 });
    } finally {
      vi.unstubAllGlobals();
    }
    const named = given.filter((callback) => /^(connect|nextWrite|done|destroy)$/.test((callback as Method).name));
    expect(new Set(named.map((callback) => (callback as Method).name)).size).toBe(4);
    for (const callback of named) expect(isOfDriver(callback)).toBe(true);
    expect(isOfDriver(postgres)).toBe(true);
  });

  it("hands itself to its handler when it is first waited for, and can be rejected there", async () => {
    const query = innards((await open({}))`select`.simple());
    const handed: unknown[] = [];
    query.handler = (sent) => {
      handed.push(sent);
      sent.reject(new Error("not sent"));
    };
    await expect(query).rejects.toThrow("not sent");
    await expect(query).rejects.toThrow("not sent");
    expect(handed).toEqual([query]);
    expect(server.logins).toEqual([]);
  });

  it("has a handler, where an identifier and a list of values have none", async () => {
    const sql = await open({});
    const handlers = [sql("name"), sql([{ id: 1 }])].map((part) => Reflect.get(part, "handler"));
    expect(handlers).toEqual([undefined, undefined]);
  });

  it("tells of the connection that executes it, whose end calls its onclose", async () => {
    const sql = await open(TRANSACTION);
    const query = innards(sql`end`.simple());
    const closed = new Promise((resolve) => {
      query.options.onexecute = (connection) => {
        connection.onclose = resolve;
        return true;
      };
    });
    await query;
    expect(await closed).toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("that has parameters to be described tells of no connection", async () => {
    const sql = await open({});
    const query = innards(sql`select ${1}::int`);
    const onexecute = vi.fn(() => true);
    query.options.onexecute = onexecute;
    query.catch(() => {});
    await vi.waitFor(() => expect(server.logins[0]?.queries).toEqual(["select $1::int"]), SOON);
    expect(onexecute).not.toHaveBeenCalled();
  });

  it("is sent before the one in front of it is answered, and answered in that order", async () => {
    const sql = await open({
      query(login) {
        if (login.queries.length === 1) login.say(complete(), READY);
        if (login.queries.length === 3) login.say(row(25, "first"), READY, row(25, "second"), READY);
      },
    });
    await sql`select`.simple();
    const answers = await Promise.all([sql`select 1`.simple(), sql`select 2`.simple()]);
    expect(answers).toEqual([[{ value: "first" }], [{ value: "second" }]]);
    expect(server.logins[0]?.queries).toEqual(["select", "select 1", "select 2"]);
  });

  it("has the process in its raw result that the login told of", async () => {
    const sql = await open({ query: (login) => login.say(row(25, "text"), READY) });
    const result = await sql.unsafe("select").simple().raw();
    expect(result.state.pid).toBe(PROCESS);
    expect(result[0]?.[0]).toEqual(Buffer.from("text"));
  });

  it("that is raw is given to a user's transformation of rows all the same", async () => {
    const transform = { row: { from: (value: object) => ({ value }) } };
    const sql = await open({ query: (login) => login.say(row(23, "7"), READY) }, { transform });
    expect(await sql.unsafe("select").simple().raw()).toEqual([{ value: [Buffer.from("7")] }]);
  });

  it("that fails has its text in its error", async () => {
    const sql = await open({ query: (login) => login.say(refusal("42601", "syntax"), READY) });
    await expect(sql.unsafe("\nselect;\n").simple()).rejects.toMatchObject({ code: "42601", query: "\nselect;\n" });
  });

  it("that is empty is answered, once a connection is open", async () => {
    const sql = await open({ query: (login) => login.say(EMPTY_QUERY, READY) });
    expect(await sql.unsafe(";").simple()).toEqual([]);
    expect(server.logins).toHaveLength(1);
  });
});

describe("a connection that is held", () => {
  it("has no other ways to query than those that are guarded", async () => {
    const sql = await open(TRANSACTION);
    const shared = ["array", "file", "json", "notify", "typed", "types", "unsafe"];
    const held: string[][] = [];
    await sql.begin(async (transaction) => {
      await transaction.savepoint(async (nested) => void held.push(Object.keys(nested)));
      held.push(Object.keys(transaction));
    });
    const reserved = await sql.reserve();
    held.push(Object.keys(reserved));
    reserved.release();
    const names = held.map((keys) => keys.filter((key) => key !== "debug").sort());
    const transaction = [...shared, "prepare", "savepoint"].sort();
    expect(names).toEqual([transaction, transaction, [...shared, "release"].sort()]);
  });

  it("by begin() that closes fails begin(), whatever its function does", async () => {
    const sql = await open(TRANSACTION);
    const begun = sql.begin(async (transaction) => {
      await transaction`end`.simple();
      await new Promise(() => {});
    });
    await expect(begun).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("by begin() that has closed sends what follows on its successor", async () => {
    const sql = await open(TRANSACTION);
    let goOn = (): void => {};
    const isSucceeded = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const begun = sql.begin(async (transaction) => {
      await transaction`end`.simple();
      await isSucceeded;
      await transaction`later`.simple();
    });
    await expect(begun).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    await sql`select`.simple();
    goOn();
    await vi.waitFor(() => expect(server.logins[1]?.queries).toContain("later"), SOON);
  });

  it("by reserve() that has to be opened is forgotten where no types are asked for", async () => {
    const sql = await open({});
    let reserved: ReservedSql | undefined;
    const reserving = sql.reserve().then((got) => {
      reserved = got;
    });
    reserving.catch(() => {});
    await server.login(0);
    // it is ready within some milliseconds
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reserved).toBeUndefined();
  });
});

describe("a process ends", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  /** How a process ends whose program has a client, `sql`, and `lost`, which its connection's end settles. */
  async function run(script: Script, program: string, options: object = {}): Promise<string> {
    server = await openScriptedServer(script);
    const text = `import postgres from "postgres";
      let onclose; const lost = new Promise((resolve) => { onclose = resolve; });
      const sql = postgres({ ...${JSON.stringify({ ...server.address, max: 1, ...options })}, onclose });
      ${program}
      process.exit();`;
    return new Promise((resolve) => {
      execFile(process.execPath, ["--input-type=module", "-e", text], { cwd: root }, (error, _, stderr) =>
        resolve(error ? stderr : "well"),
      );
    });
  }
  const NO_TYPES = { fetch_types: false };
  const NULL_SOCKET = /Cannot read properties of null \(reading 'write'\)/;
  const WAIT = "await new Promise((resolve) => setTimeout(resolve, 200));";

  it("where a transaction goes on whose connection has closed", async () => {
    const program = `await sql.begin(async (transaction) => {
      await transaction.unsafe("end").simple(); await lost; await transaction.unsafe("later"); }).catch(() => {}); ${WAIT}`;
    expect(await run(TRANSACTION, program, NO_TYPES)).toMatch(NULL_SOCKET);
  });

  it("where a reservation is released whose connection has closed", async () => {
    const program = `await sql.unsafe(""); const reserved = await sql.reserve(); await reserved.unsafe("end").simple();
      await lost; reserved.release(); sql.unsafe("later").catch(() => {}); ${WAIT}`;
    expect(await run(TRANSACTION, program, NO_TYPES)).toMatch(NULL_SOCKET);
  });

  it("where a connection breaks while it is asked for types", async () => {
    const script: Script = { parse: ({ socket }) => void socket.resetAndDestroy() };
    expect(await run(script, `await sql.unsafe("select").catch(() => {}); ${WAIT}`)).toMatch(/ECONNRESET/);
  });
});

describe("types", () => {
  const [TYPE, ARRAY] = [16_500, 16_501] as const;
  interface Tables {
    readonly parsers: Record<number, (text: string) => unknown>;
    readonly shared: { readonly typeArrayMap: Record<number, number> };
  }

  it("are those of the client's own tables, whenever they came there", async () => {
    const debug = vi.fn();
    const sql = await open({ query: (login) => login.say(row(ARRAY, "{a,b}"), READY) }, { debug });
    await sql`select`.simple();
    const { parsers, shared } = sql.options as unknown as Tables;
    // the text of an array comes without its first brace
    parsers[ARRAY] = Object.assign((text: string) => text, { array: true });
    shared.typeArrayMap[TYPE] = ARRAY;
    expect(await sql`select`.simple()).toEqual([{ value: "a,b}" }]);
    sql`select ${sql.array(["a"], TYPE)}`.catch(() => {});
    await vi.waitFor(
      () => expect(debug).toHaveBeenLastCalledWith(expect.anything(), "select $1", [["a"]], [ARRAY]),
      SOON,
    );
  });

  it("are asked for by connections that open while the client's option says so", async () => {
    const sql = await open({}, { fetch_types: true });
    sql.options.fetch_types = false;
    await sql`select`.simple();
    expect(server.logins[0]?.queries).toEqual(["select"]);
  });

  it("that are arrays are read and written by functions in types.js, beside the main file", () => {
    const require = createRequire(import.meta.url);
    const { arrayParser, arraySerializer } = require(join(dirname(require.resolve("postgres")), "types.js"));
    const options = { transform: {} };
    expect(arrayParser('1,{2},"3"}', Number, 1007)).toEqual([1, [2], 3]);
    expect(arraySerializer([["a", null]], (text: string) => `${text}!`, options, 1009)).toBe('{{"a!",null}}');
  });
});
