/**
 * Several machines run one suite against one server. Each is a network namespace with a link of its own; two vanish in
 * the middle, one with units in its hands, one while it builds a home, and come back when they have been given up.
 */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LOCK_CLASS } from "../../src/connections/advisory-lock.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { type Host, hostsMissing, makeNetwork, type Network } from "../support/hosts.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

const MARKS = `CREATE TABLE "marks" ("id" serial PRIMARY KEY, "who" text NOT NULL);--> statement-breakpoint
  INSERT INTO "marks" ("who") VALUES ('the migration');`;
const folders = [
  // slow enough that whoever comes second waits for whoever builds
  journalFolder({ "0000_slow": "SELECT pg_sleep(0.5)", "0001_marks": MARKS }),
  // as long as the role is there: nothing is under way when its link is cut, and who builds it then need not wait
  journalFolder({
    "0000_very_slow": `SELECT pg_sleep(CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'slow_builds') THEN 300 ELSE 0 END)`,
    "0001_marks": MARKS,
  }),
];
const VERY_SLOW = 1;
const UNITS = 12;
/** The server misses a host after half a minute; by default it would take two hours. */
const MISSED_WITHIN = 60_000;

interface Failure {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
}
interface Leased {
  readonly name: string;
  readonly oid: number | null;
  readonly prepared: number;
}
interface Seen extends Leased {
  readonly index: number;
  readonly before: string[];
  readonly after: string[];
}

/** A process on a host, which does what it is told. */
class Shard {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(reason: unknown): void }>();
  #last = 0;

  constructor(host: Host, url: string, allowed: string) {
    const program = fileURLToPath(new URL("shard.mjs", import.meta.url));
    this.#child = host.run(process.execPath, [program, url, ...folders], {
      TEST_DB_IT: "1",
      TEST_DB_ALLOW_REMOTE: allowed,
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: Failure };
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error) pending?.reject(Object.assign(new Error(error.message), error));
      else pending?.resolve(result);
    });
    this.#child.once("exit", (code) => {
      for (const { reject } of this.#pending.values()) reject(new Error(`the process on the host ended (${code})`));
    });
  }

  ask<Result = unknown>(verb: string, words: object = {}): Promise<Result> {
    return new Promise<unknown>((resolve, reject) => {
      this.#last++;
      this.#pending.set(this.#last, { resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id: this.#last, verb, ...words })}\n`);
    }) as Promise<Result>;
  }

  /** What it fails with. */
  failure(verb: string, words: object): Promise<Failure> {
    return this.ask(verb, words).then(
      (result) => Promise.reject(new Error(`it did not fail, but said ${JSON.stringify(result)}`)),
      (error: Failure) => error,
    );
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await ended;
  }
}

const binaries = findBinaries(18);
const missing = hostsMissing() ?? ("missing" in binaries ? binaries.missing : undefined);
if (isIntegrationEnabled() && missing) process.stderr.write(`SKIPPED: several hosts: ${missing}\n`);

describe.skipIf(!isIntegrationEnabled() || missing)("several hosts with one server", () => {
  let network: Network;
  let server: TestServer;
  let shards: [Shard, Shard, Shard, Shard];
  beforeAll(async () => {
    network = makeNetwork(4);
    server = await startServer({ major: 18, settings: { listen_addresses: `127.0.0.1, ${network.address}` } });
    const url = targetUrl({ ...server.target, host: network.address });
    shards = network.hosts.map((host) => new Shard(host, url, network.address)) as typeof shards;
  });
  afterAll(async () => {
    await network?.remove();
    await server?.stop();
  });

  const sessionsOf = async ({ address }: Host): Promise<number> =>
    (await server.admin.rows("select pid from pg_stat_activity where client_addr = $1::text::inet", [address])).length;
  const namesLeft = async (names: readonly string[]): Promise<string[]> =>
    (await readStatus(server.admin)).units
      .filter(({ name, exists }) => exists && names.includes(name))
      .map(({ name }) => name);
  const settled = (): Promise<void> =>
    expect
      .poll(async () => (await readStatus(server.admin)).units.filter(({ state }) => state === "returned"), SOON)
      .toEqual([]);

  it("build a home once, and have units of their own", async () => {
    const leased = await Promise.all(shards.map((shard) => shard.ask<Leased>("lease", { as: "first" })));
    expect(leased.map(({ prepared }) => prepared).sort()).toEqual([0, 0, 0, 1]);
    expect(new Set(leased.map(({ name }) => name)).size).toBe(4);
    await Promise.all(shards.map((shard, index) => shard.ask("mark", { as: "first", who: `host ${index}` })));
    for (const [index, shard] of shards.entries()) {
      expect(await shard.ask("marks", { as: "first" })).toEqual(["the migration", `host ${index}`]);
      await shard.ask("dispose", { as: "first" });
    }
    await settled();
  });

  it("share the pool: no unit is in two hands, and each is pristine", async () => {
    const shares = await Promise.all(
      shards.map((shard, index) => shard.ask<Seen[]>("shard", { who: `host ${index}`, count: UNITS, width: 3 })),
    );
    const all = shares.flat();
    expect(new Set(all.map(({ name }) => name)).size).toBe(4 * UNITS);
    for (const [host, share] of shares.entries()) {
      for (const { index, before, after } of share) {
        expect(before).toEqual(["the migration"]);
        expect(after).toEqual(["the migration", `host ${host} ${index}`]);
      }
    }
    // a schema keeps its number when it gets another name
    const hostsOf = (oid: number | null): number =>
      shares.filter((share) => share.some((unit) => unit.oid === oid)).length;
    expect(Math.max(...all.map(({ oid }) => hostsOf(oid)))).toBeGreaterThan(1);
    await settled();
  });

  it("keep a vanished host's units until the server misses it; a sweep from another host takes them then", async () => {
    const [one, two, holder, builder] = shards;
    const [, , holderHost, builderHost] = network.hosts as [Host, Host, Host, Host];
    await one.ask("lease", { as: "kept" });
    await one.ask("mark", { as: "kept", who: "host 0" });

    const { prepared } = await two.ask<Leased>("lease", { as: "before" });
    const held = [
      await holder.ask<Leased>("lease", { as: "idle" }),
      await holder.ask<Leased>("lease", { as: "locked" }),
      await holder.ask<Leased>("lease", { as: "database", isolation: "database" }),
    ];
    await holder.ask("mark", { as: "idle", who: "host 2" });
    await holder.ask("lock", { as: "locked" });
    const names = held.map(({ name }) => name);
    await server.admin.script("create role slow_builds");
    const building = builder.failure("lease", { as: "built", folder: VERY_SLOW });
    building.catch(() => {});
    await expect
      .poll(() => server.admin.rows("select pid from pg_stat_activity where wait_event = 'PgSleep'"), {
        timeout: 30_000,
      })
      .toHaveLength(1);
    holderHost.cut();
    builderHost.cut();
    await server.admin.script("drop role slow_builds");
    const waiting = two.ask<Leased>("lease", { as: "built", folder: VERY_SLOW });
    waiting.catch(() => {});
    // by the lock that it holds the server knows that a process is alive
    const [control] = await server.admin.rows<{ pid: number }>(
      `select a.pid from pg_stat_activity a join pg_locks l on l.pid = a.pid
        where a.client_addr = $1::text::inet and l.locktype = 'advisory' and l.classid = $2::int`,
      [holderHost.address, LOCK_CLASS],
    );
    const isAlive = async (): Promise<boolean> =>
      (await server.admin.rows("select 1 as one from pg_stat_activity where pid = $1::int", [Number(control?.pid)]))
        .length > 0;
    expect(await isAlive()).toBe(true);

    for (const deadline = Date.now() + MISSED_WITHIN; ; await sleep(500)) {
      const { units, databases } = await sweep(server.admin, { minAge: 0 });
      if (!(await isAlive())) break;
      expect([...units, ...databases].filter((name) => names.includes(name))).toEqual([]);
      expect((await namesLeft(names)).sort()).toEqual([...names].sort());
      const [unit] = await one.ask<Seen[]>("shard", { who: "meanwhile", count: 1, width: 1 });
      expect(held.map(({ oid }) => oid)).not.toContain(unit?.oid);
      expect(unit?.before).toEqual(["the migration"]);
      expect(Date.now(), "the server has not missed the host yet").toBeLessThan(deadline);
    }
    await expect.poll(() => sessionsOf(holderHost), { timeout: 40_000 }).toBe(0);
    await sweep(server.admin, { minAge: 0 });
    expect(await namesLeft(names)).toEqual([]);

    // the lock of the one who built is free as well, and what it left is no home
    expect((await waiting).prepared).toBe(prepared + 1);
    expect(await two.ask("marks", { as: "built" })).toEqual(["the migration"]);

    // whoever comes back is told, and what others have by now stays theirs
    holderHost.restore();
    builderHost.restore();
    for (const shard of [holder, builder]) {
      // a route that was down is up again after a moment
      await vi.waitFor(() => shard.ask("lease", { as: "back" }), { timeout: 30_000, interval: 200 });
      await shard.ask("dispose", { as: "back" });
    }
    // whichever of its connections was missed first
    expect(await building).toMatchObject({
      name: "TestDbError",
      code: expect.stringMatching(/^(SERVER_UNREACHABLE|MIGRATION_FAILED)$/),
    });
    for (const as of ["idle", "locked"]) {
      expect((await holder.failure("marks", { as })).message).toMatch(/does not exist|CONNECTION|ECONNRESET|ETIMEDOUT/);
    }
    for (const as of ["idle", "locked", "database"]) {
      expect(await holder.failure("dispose", { as })).toMatchObject({ name: "TestDbError", code: "UNIT_GONE" });
    }
    expect(await one.ask("marks", { as: "kept" })).toEqual(["the migration", "host 0"]);
    expect(await two.ask("marks", { as: "built" })).toEqual(["the migration"]);
    const before = await builder.ask<Leased>("lease", { as: "shared" });
    const after = await builder.ask<Leased>("lease", { as: "built", folder: VERY_SLOW });
    expect(after.prepared).toBe(before.prepared);
    for (const shard of [holder, builder]) {
      const [unit] = await shard.ask<Seen[]>("shard", { who: "again", count: 1, width: 1 });
      expect(unit).toMatchObject({ before: ["the migration"], after: ["the migration", "again 0"] });
    }

    await Promise.all(shards.map((shard) => shard.end()));
    // a sweep leaves what a session is in that takes a moment to go
    await vi.waitFor(async () => {
      expect((await sweep(server.admin, { minAge: 0, freeAge: 0 })).failures).toEqual([]);
      expect((await readStatus(server.admin)).units).toEqual([]);
    }, SOON);
    // of both folders, of the first also one for databases, with its template
    expect(await server.admin.rows("select datname from pg_database where datname like 'it\\_%'")).toHaveLength(4);
  }, 180_000);
});
