/** Starts real servers, each test's in a directory of its own, and looks at what processes and files there are. */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { forgetKept, noteKept } from "../../src/kept/kept-notes.ts";
import { resolveBinaries } from "../../src/server/binaries.ts";
import { ensureEmbedded, findEmbedded } from "../../src/server/ensure-embedded.ts";
import { homePaths, notePaths } from "../../src/server/home-paths.ts";
import { isAlive } from "../../src/server/is-alive.ts";
import { publishedFile, stateFile } from "../../src/server/server-state.ts";
import { sweepOrphans } from "../../src/server/sweep-orphans.ts";
import type { Target } from "../../src/target/target.ts";
import { SOON } from "../support/soon.ts";
import { call, caller, home, processesOf, published, runs, stateRoot, until } from "./state-root.ts";

/** As short as a busy machine allows, where the end is what is tested. */
const SHORT = 1.5;
/** Longer than a server without clients stays. */
const LONG_ENOUGH = 3_500;
const bun = createRequire(import.meta.url)
  .resolve("bun/package.json")
  .replace(/package\.json$/, "bin/bun.exe");

const ensure = (idleSeconds?: number): Promise<Target> => {
  if (idleSeconds !== undefined) vi.stubEnv("TEST_DB_EMBEDDED_IDLE", String(idleSeconds));
  return ensureEmbedded([stateRoot]);
};

const supervised = async (target: Target): Promise<number> => {
  const session = await openSession(target);
  const rows = await session.rows<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where application_name = 'with-test-db supervisor'",
  );
  await session.close();
  return rows[0]?.n ?? 0;
};

const makeOld = (name: string, [directory]: readonly string[]): void => {
  const longAgo = new Date(Date.now() - 3 * 3_600_000);
  utimesSync(join(directory as string, `${name}.json`), longAgo, longAgo);
};

describe("the embedded server", () => {
  it("is one, however many processes ask at once, and Node and Bun share it", async () => {
    let most = 0;
    const watcher = setInterval(() => {
      most = Math.max(most, runs().length);
    }, 5);
    const ports = await Promise.all([
      ...Array.from({ length: 8 }, () => call()),
      ...Array.from({ length: 2 }, () => call(bun)),
      ...Array.from({ length: 4 }, () => ensure().then(({ port }) => port)),
    ]);
    clearInterval(watcher);
    expect(new Set(ports)).toEqual(new Set([published().port]));
    expect(most).toBe(1);
  });

  it("is set up for tests: loopback only, nothing durable, UTF-8, UTC, logical write-ahead log", async () => {
    const session = await openSession(await ensure());
    const [row] = await session.rows(
      `select current_setting('listen_addresses') as listen, current_setting('fsync') as fsync, current_setting('jit') as jit,
        current_setting('wal_level') as wal, current_setting('server_encoding') as encoding, current_setting('log_timezone') as zone,
        current_setting('max_locks_per_transaction') as locks, current_setting('scram_iterations', true) as iterations,
        (select rolpassword like 'SCRAM-SHA-256$1:%' from pg_authid where rolname = 'postgres') as cheap`,
    );
    await session.close();
    expect(row).toEqual({
      ...{ listen: "127.0.0.1", fsync: "off", jit: "off", wal: "logical", encoding: "UTF8", zone: "UTC", locks: "256" },
      ...{ iterations: "1", cheap: true },
    });
  });

  it("is found but never started by findEmbedded()", async () => {
    expect(await findEmbedded([stateRoot])).toBeUndefined();
    expect(readdirSync(stateRoot)).toEqual([]);
    const target = await ensure();
    expect(await findEmbedded([stateRoot])).toEqual(target);
  });

  it("keeps its password out of command lines, and its facts to its user", async () => {
    const target = await ensure();
    expect(processesOf(stateRoot).length).toBeGreaterThan(0);
    expect(processesOf(target.password as string)).toEqual([]);
    expect(statSync(publishedFile(home)).mode & 0o777).toBe(0o600);
    await expect(openSession({ ...target, password: "wrong" })).rejects.toMatchObject({ code: "SERVER_AUTH_FAILED" });
  });

  it("stays while somebody is connected, and leaves nothing when nobody has been for a while", async () => {
    const session = await openSession(await ensure(SHORT));
    const { serverPid, supervisorPid } = published();
    await sleep(LONG_ENOUGH);
    expect((await session.rows("select 1 as one"))[0]).toEqual({ one: 1 });
    await session.close();
    await until(() => !isAlive(serverPid) && !isAlive(supervisorPid), "both processes ended");
    expect(readdirSync(stateRoot)).toEqual([]);
  });

  it("stays while a unit is kept that somebody may look into, and goes soon after the last was dropped, or is old", async () => {
    const directories = notePaths([stateRoot]);
    for (const end of [forgetKept, makeOld]) {
      const target = await ensure(SHORT);
      const { serverPid, supervisorPid } = published();
      const names = ["it_one", "it_two"];
      for (const name of names) noteKept({ name, isolation: "schema", home: target }, directories);
      await sleep(LONG_ENOUGH);
      expect(isAlive(serverPid)).toBe(true);
      end("it_one", directories);
      await sleep(LONG_ENOUGH);
      await (await openSession(target)).close();
      end("it_two", directories);
      await until(() => !isAlive(serverPid) && !isAlive(supervisorPid), "both processes ended");
      expect(readdirSync(stateRoot)).toEqual([]);
    }
  });

  it("counts connections that come and go between two looks", async () => {
    const target = await ensure(SHORT);
    const { run } = published();
    for (const began = Date.now(); Date.now() - began < LONG_ENOUGH; await sleep(150))
      await (await openSession(target)).close();
    expect(published().run).toBe(run);
  });

  it("leaves nothing when its supervisor is told to end", async () => {
    await ensure();
    const { serverPid, supervisorPid } = published();
    process.kill(supervisorPid, "SIGTERM");
    await until(() => !isAlive(supervisorPid), "the supervisor ended");
    expect(isAlive(serverPid)).toBe(false);
    expect(readdirSync(stateRoot)).toEqual([]);
  });

  it("gets a new supervisor, one, when the old one is killed, and goes on", async () => {
    const before = await ensure(20);
    const { supervisorPid, serverPid } = published();
    process.kill(supervisorPid, "SIGKILL");
    await until(() => !isAlive(supervisorPid), "the supervisor is dead");
    const after = await Promise.all(Array.from({ length: 4 }, () => ensure(1)));
    expect(new Set(after.map(({ port }) => port))).toEqual(new Set([before.port]));
    await expect.poll(() => supervised(before), SOON).toBe(1);
    await until(() => !isAlive(serverPid), "the new supervisor stopped it when idle");
  });

  it("gets its supervisor back when a test ends every connection", async () => {
    const target = await ensure();
    const { supervisorPid } = published();
    const session = await openSession(target);
    await session.rows(
      "select pg_terminate_backend(pid, 10000) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    // connected again, and in possession of the lock that makes it the supervisor
    await expect
      .poll(
        () =>
          session.rows(
            `select count(*)::int as n from pg_stat_activity a join pg_locks l using (pid)
              where a.application_name = 'with-test-db supervisor' and l.locktype = 'advisory' and l.granted`,
          ),
        SOON,
      )
      .toEqual([{ n: 1 }]);
    await session.close();
    expect(isAlive(supervisorPid)).toBe(true);
  });

  it("is started anew when it was killed", async () => {
    await ensure();
    const first = published();
    process.kill(first.serverPid, "SIGKILL");
    await until(() => !isAlive(first.serverPid), "the server is dead");
    await ensure();
    expect(published().run).not.toBe(first.run);
    await until(() => !isAlive(first.supervisorPid), "the first supervisor ended");
    expect(runs()).toEqual([published().run]);
  });

  it("is started anew when it was killed together with its supervisor, and what they left is removed", async () => {
    await ensure();
    const first = published();
    process.kill(first.supervisorPid, "SIGKILL");
    process.kill(first.serverPid, "SIGKILL");
    await until(() => !isAlive(first.supervisorPid) && !isAlive(first.serverPid), "both are dead");
    await ensure();
    expect(published().run).not.toBe(first.run);
    expect(runs()).toEqual([published().run]);
  });

  it("is stopped by the next start when it was never published and its supervisor is dead", async () => {
    await ensure();
    const first = published();
    process.kill(first.supervisorPid, "SIGKILL");
    rmSync(publishedFile(home));
    await until(() => !isAlive(first.supervisorPid), "the supervisor is dead");
    await ensure();
    expect(isAlive(first.serverPid)).toBe(false);
    expect(runs()).toEqual([published().run]);
  });

  it("comes up although its starter and its supervisor were killed in the middle of initdb", async () => {
    const starter = spawn(process.execPath, caller(), { stdio: "ignore" });
    await until(() => runs().some((name) => existsSync(join(home, name, "data", "base"))), "initdb is at work");
    const [run = ""] = runs();
    const supervisor = Number(run.split("-")[1]);
    starter.kill("SIGKILL");
    process.kill(supervisor, "SIGKILL");
    await until(() => !isAlive(supervisor), "the supervisor is dead");
    await ensure();
    expect(published().run).not.toBe(run);
    // what an orphaned initdb is still writing goes with a later start
    const isRemoved = async (): Promise<boolean> => {
      await sweepOrphans([home]);
      return runs().length === 1;
    };
    await until(isRemoved, "what the killed one left is removed");
  });

  it("is not taken for another server that answers on its port by now", async () => {
    const other = mkdtempSync(join(dirname(stateRoot), "with-test-db-it-other-"));
    chmodSync(other, 0o755);
    try {
      vi.stubEnv("TEST_DB_EMBEDDED_IDLE", String(SHORT));
      const foreign = await ensureEmbedded([other]);
      const client = await openSession(foreign);
      await ensure(90);
      const first = published();
      const forged = { ...first, port: foreign.port, password: foreign.password };
      rmSync(publishedFile(home));
      writeFileSync(publishedFile(home), JSON.stringify(forged), { mode: 0o600 });
      expect((await ensure()).port).not.toBe(foreign.port);
      await client.close();
      await until(() => readdirSync(other).length === 0, "the other server is gone");
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it("runs in the next directory where one is missing, or is another user's, of whose files none is used or touched", async () => {
    const other = mkdtempSync(join(dirname(stateRoot), "with-test-db-it-other-"));
    const victim = spawn("sleep", ["60"]);
    try {
      chmodSync(other, 0o1777);
      const [foreign = ""] = homePaths(resolveBinaries().version, [other]);
      const run = join(foreign, "run-99999999-0");
      mkdirSync(join(run, "data"), { recursive: true });
      const state = { run: "run-99999999-0", port: 1, password: "", dataDirectory: join(run, "data"), native: "/" };
      for (const file of [publishedFile(foreign), stateFile(run)]) writeFileSync(file, JSON.stringify(state));
      writeFileSync(join(run, "data", "postmaster.pid"), `${victim.pid}\n\n\n\n\n\n\nready\n`);
      // as another user's directory, or, where that can't be made, as one that others may write to
      if (process.getuid?.() === 0) lchownSync(dirname(foreign), 65534, 65534);
      else chmodSync(dirname(foreign), 0o777);
      const roots = [join(stateRoot, "nowhere"), other, stateRoot];
      const before = readdirSync(other, { recursive: true });
      const target = await ensureEmbedded(roots);
      expect(published().port).toBe(target.port);
      expect(await findEmbedded(roots)).toEqual(target);
      process.kill(published().supervisorPid, "SIGTERM");
      await until(() => readdirSync(stateRoot).length === 0, "the server is gone");
      expect(readdirSync(other, { recursive: true })).toEqual(before);
      expect(isAlive(victim.pid as number)).toBe(true);
    } finally {
      victim.kill();
      rmSync(other, { recursive: true, force: true });
    }
  });

  it("says at once what is wrong with each directory where none holds", async () => {
    const missing = join(stateRoot, "nowhere");
    await expect(ensureEmbedded([missing])).rejects.toMatchObject({
      code: "EMBEDDED_FAILED",
      message: expect.stringMatching(/no directory to run in\.\n {2}why: {2}ENOENT: .*nowhere/),
    });
  });

  it("lets the pipe of its starter end", async () => {
    const { stdout, status } = spawnSync("sh", ["-c", '"$@" | cat', "sh", process.execPath, ...caller()], {
      encoding: "utf8",
      timeout: 50_000,
    });
    expect([status, Number(stdout)]).toEqual([0, published().port]);
  });
});
