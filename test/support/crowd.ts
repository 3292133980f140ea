/** Processes with many callers, and a server that is too small for them. */
import { expect, vi } from "vitest";
import { readStatus } from "../../src/janitor/read-status.ts";
import { CALLERS_MIGRATION, type Calls, runCallers, type Served } from "./callers.ts";
import { journalFolder } from "./migrations.ts";
import { startServer, type TestServer } from "./servers.ts";
import { SOON } from "./soon.ts";

/** `CALLERS=1000` is the full size: a thousand callers from twenty processes on a hundred connections. */
export const CALLERS: number = Number(process.env["CALLERS"] ?? 100);
/** How long a test with them may take, in milliseconds. */
export const PATIENCE: number = 40_000 + CALLERS * 200;

export class Crowd {
  #server: TestServer | undefined;
  readonly migrationsFolder: string = journalFolder({ "0000_marks": CALLERS_MIGRATION });

  get server(): TestServer {
    if (!this.#server) throw new Error("the server was not started");
    return this.#server;
  }

  get url(): string {
    const { target, port } = this.server;
    return `postgres://postgres:${target.password}@127.0.0.1:${port}/postgres`;
  }

  async start(connections: number): Promise<void> {
    this.#server = await startServer({ major: 18, settings: { max_connections: String(connections) } });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  run(processes: number, what: Pick<Calls, "from" | "count">): Promise<Served[]> {
    // how long all of them take depends on the machine
    const calls = { url: this.url, migrationsFolder: this.migrationsFolder, deadline: PATIENCE, ...what };
    return Promise.all(Array.from({ length: processes }, () => runCallers(calls)));
  }

  /** Whatever happened, none failed, and there is nothing left of anybody. */
  async expectAllServed(served: readonly Served[], each: number): Promise<void> {
    expect(served.flatMap(({ failures }) => failures)).toEqual([]);
    for (const { order } of served) expect(order).toHaveLength(each);
    // the session of a process that has ended takes a moment to go
    await vi.waitFor(async () => {
      const { units } = await readStatus(this.server.admin);
      const connected = await this.server.admin.rows(
        "select application_name from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
      );
      expect([...units.filter(({ state }) => state !== "free"), ...connected]).toEqual([]);
    }, SOON);
  }

  async usedConnections(): Promise<number | undefined> {
    const [row] = await this.server.admin.rows<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'",
    );
    return row?.n;
  }
}
