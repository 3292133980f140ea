/**
 * The server is killed while processes work, and started again: its postmaster by SIGKILL, which its children notice, or
 * one of its backends, which makes it end all the others and recover, or it is shut down at once. SERVER_KILLS says how often.
 * Or it ends connections, one after the other; BACKEND_KILL_SECONDS says for how long.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";
import { start } from "./crash-processes.ts";
import { randomFrom } from "./crash-random.mjs";

const KILLS = Number(process.env["SERVER_KILLS"] ?? 3);
const BACKEND_KILL_SECONDS = Number(process.env["BACKEND_KILL_SECONDS"] ?? 8);
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const WAYS = ["postmaster", "backend", "immediate"] as const;

const binaries = findBinaries(18);
if ("missing" in binaries)
  process.stderr.write(`SKIPPED: a server that is killed needs a server of its own, and ${binaries.missing}\n`);

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("a server that is killed", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ major: 18, settings: { restart_after_crash: "on" } });
  });
  afterAll(() => server.stop());

  const made = Date.now();
  const folders = Array.from({ length: 8 }, (_, n) =>
    journalFolder({ "0000_t": `CREATE TABLE "t0" ("id" serial PRIMARY KEY, "x" text DEFAULT '${made} ${n}');` }),
  );

  /** A session, once the server lets one in. */
  const back = (): Promise<Session> => vi.waitFor(() => openSession(server.target), { timeout: 30_000, interval: 100 });

  /** Kills one of the server's processes: the postmaster ends all the others then, and recovers. */
  async function crash(random: (below: number) => number): Promise<void> {
    // one that connects again by itself might not notice: the server may have recovered by then
    const session = await openSession(server.target, {}, { reconnects: false });
    for (;;) {
      const others = await session
        .rows<{ pid: number }>(
          "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() order by backend_start, pid",
        )
        .catch(() => undefined);
      // ended with all the others
      if (!others) break;
      try {
        process.kill(others[random(others.length)]?.pid ?? session.pid, "SIGKILL");
      } catch {
        // it has ended by itself meanwhile
      }
      await sleep(50);
    }
    await session.close();
  }

  /** Has processes work, with either driver, until `during` is over; then none may have failed, and nothing may be left. */
  async function work(random: (below: number) => number, during: (successes: () => number) => Promise<void>) {
    const workers = ["with-test-db", "with-test-db/pg", "with-test-db"].map((entry) =>
      start(["server-worker.mjs", entry, targetUrl(server.target), String(random(1_000_000)), ...folders]),
    );
    await Promise.all(workers.map(({ says }) => says(/^ready/)));
    await during(() => workers.reduce((sum, { times }) => sum + times("succeeded"), 0));
    await sleep(500);
    for (const { child } of workers) child.stdin?.write("end\n");
    let succeeded = 0;
    for (const { ended } of workers) {
      const { code, stderr, stdout } = await ended;
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const done = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
      succeeded += done.calls - done.failed;
      process.stdout.write(`${JSON.stringify(done)}\n`);
    }
    await expectNothingLeft();
    return succeeded;
  }

  async function expectNothingLeft(): Promise<void> {
    const session = await back();
    try {
      // a restart gave the test's own session another process
      const [admin] = await server.admin.rows<{ pid: number }>("select pg_backend_pid() as pid");
      // the workers' sessions take a moment to go
      await vi.waitFor(async () => {
        const others = await session.rows(
          "select datname, application_name from pg_stat_activity where backend_type = 'client backend' and pid not in ($1::int, $2::int)",
          [session.pid, Number(admin?.pid)],
        );
        expect(others).toEqual([]);
      }, SOON);
      const { failures } = await sweep(session, { minAge: 0, freeAge: 0, homeAge: 0 });
      expect(failures).toEqual([]);
      expect(await readStatus(session)).toEqual({ units: [], homes: [] });
      expect(await session.rows("select datname from pg_database where datname like 'it\\_%'")).toEqual([]);
    } finally {
      await session.close();
    }
  }

  it(`is gone for a while: every call ends, no process does, and a sweep leaves nothing (CRASH_SEED=${SEED}, ${KILLS} times)`, {
    timeout: 120_000 + KILLS * 20_000,
  }, async () => {
    process.stdout.write(`CRASH_SEED=${SEED} SERVER_KILLS=${KILLS}\n`);
    const random = randomFrom(SEED);
    const succeeded = await work(random, async (successes) => {
      for (let times = 0; times < KILLS; times++) {
        const before = successes();
        await sleep(500 + random(2_000));
        // where nothing succeeds, nothing is in the middle of anything
        await vi.waitFor(() => expect(successes()).toBeGreaterThan(before + 1), { timeout: 60_000 });
        const way = WAYS[times % WAYS.length];
        if (way === "backend") await crash(random);
        else await server.restart(way === "postmaster" ? "SIGKILL" : "SIGQUIT");
        await (await back()).close();
      }
    });
    expect(succeeded).toBeGreaterThan(KILLS);
  });

  it(`ends connections at random: every call ends, no process does, and a sweep leaves nothing (CRASH_SEED=${SEED}, ${BACKEND_KILL_SECONDS} s)`, {
    timeout: 120_000 + BACKEND_KILL_SECONDS * 1_000,
  }, async () => {
    const random = randomFrom(SEED);
    let ended = 0;
    const succeeded = await work(random, async () => {
      for (const end = Date.now() + BACKEND_KILL_SECONDS * 1_000; Date.now() < end; await sleep(40 + random(200))) {
        const killed = await server.admin.rows(
          `select pg_terminate_backend(pid) from (
             select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
              order by backend_start, pid offset $1::int limit 1) as one`,
          [random(4)],
        );
        ended += killed.length;
      }
    });
    process.stdout.write(`${ended} connections ended, ${succeeded} calls succeeded\n`);
    expect(ended).toBeGreaterThan(BACKEND_KILL_SECONDS);
    expect(succeeded).toBeGreaterThan(BACKEND_KILL_SECONDS);
  });
});
