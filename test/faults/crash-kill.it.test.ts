/**
 * Processes that work with the library are killed (SIGKILL) wherever they happen to be: half of them at a seeded number
 * of messages sent, half at a seeded time. CRASH_SEED repeats a run, CRASH_KILLS makes it longer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";
import { type Decoys, removeDecoys, setDecoys } from "./crash-decoys.ts";
import { start } from "./crash-processes.ts";
import { randomFrom } from "./crash-random.mjs";

const KILLS = Number(process.env["CRASH_KILLS"] ?? 10);
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
/** How many processes work at the same time. */
const AT_ONCE = 3;
/** Messages that a process sends until it has built a home and used some units; the time that takes, in milliseconds. */
const LAST_WRITE = 250;
const LAST_MOMENT = 2_000;
/** How long a process may take to get there on a machine that does other things. */
const PATIENCE = 60_000;

const NAME = `crash_${Date.now().toString(36)}`;
const OWN = `it_${NAME}_target`;

describe.skipIf(!isIntegrationEnabled())("processes that are killed", () => {
  let server: Session;
  let session: Session;
  let decoys: Decoys;
  let url: string;
  const shared = journalFolder({
    "0000_t": `CREATE TABLE "t0" ("id" serial PRIMARY KEY, "x" text DEFAULT '${NAME}');`,
  });
  const folders = temporaryFolder();

  beforeAll(async () => {
    const target = await testTarget();
    server = await openSession(target);
    await server.script(`create database ${OWN}`);
    session = await openSession(onDatabase(target, OWN));
    url = targetUrl(onDatabase(target, OWN));
    decoys = await setDecoys(session, NAME);
  });
  afterAll(async () => {
    await session.close();
    await dropDatabase(server, OWN);
    await removeDecoys(server, NAME);
    await sweep(server);
    await server.close();
  });

  /** Nobody else uses this server: what is ours is of these processes. */
  const all = { minAge: 0, freeAge: 0, homeAge: 0 };

  /** Starts a process and kills it. Tells what it was about to do. */
  async function killOne(seed: number): Promise<string> {
    const random = randomFrom(seed);
    const atWrite = random(2) === 0 ? 1 + random(LAST_WRITE) : 0;
    const program = start(["crash-worker.mjs", url, shared, folders, String(seed), String(atWrite)], {
      env: { TMPDIR: folders },
    });
    if (atWrite === 0) {
      await program.says(/./);
      await Promise.race([sleep(random(LAST_MOMENT)), program.ended]);
      program.child.kill("SIGKILL");
    }
    const late = setTimeout(() => program.child.kill("SIGTERM"), PATIENCE);
    const { signal, code, stderr } = await program.ended;
    clearTimeout(late);
    expect({ seed, atWrite, signal, code, stderr: signal === "SIGKILL" ? "" : stderr }).toEqual({
      seed,
      atWrite,
      signal: "SIGKILL",
      code: null,
      stderr: "",
    });
    return program.last();
  }

  /** The server's processes for clients in the database that was named, and in ours. */
  const backends = async (): Promise<number[]> => {
    const rows = await session.rows<{ pid: number }>(
      `select pid from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid() and datname like 'it\\_%'`,
    );
    return rows.map(({ pid }) => pid);
  };

  /** The databases that are named like ours, but for the decoys and the one that was named. */
  const ours = async (): Promise<string[]> => {
    const rows = await session.rows<{ name: string }>(
      "select datname as name from pg_database where datname like 'it\\_%' and datname not like $1::text and datname <> current_database()",
      [`%${NAME}`],
    );
    return rows.map(({ name }) => name);
  };

  /** Waits until the server has noticed that all but those are gone. */
  const noticed = (living: readonly number[]): Promise<void> =>
    vi.waitFor(async () => expect((await backends()).filter((pid) => !living.includes(pid))).toEqual([]), {
      timeout: 20_000,
      interval: 100,
    });

  it(
    `leave nothing after a sweep, which hurts nobody (CRASH_SEED=${SEED}, ${KILLS} times)`,
    async () => {
      process.stdout.write(`CRASH_SEED=${SEED} CRASH_KILLS=${KILLS}\n`);
      const before = await decoys.account();
      // the homes of the living
      for (const isolation of ["schema", "database"] as const) {
        await withTestDb({ schema: {}, migrationsFolder: shared, url, isolation }, () => {});
      }
      const living = [start(["crash-live.mjs", url, shared]), start(["crash-live.mjs", url, shared])];
      const names = (await Promise.all(living.map(({ says }) => says(/^\[/)))).flatMap((line) => JSON.parse(line));
      expect(names).toHaveLength(2 * living.length);

      // their locks are the last connections that they open
      await expect
        .poll(
          async () =>
            (await readStatus(session)).units.filter(({ name, alive }) => alive && names.includes(name)).length,
          SOON,
        )
        .toBe(names.length);
      const theirs = await backends();

      const random = randomFrom(SEED);
      const seeds = Array.from({ length: KILLS }, () => random(1_000_000));
      const places = new Map<string, number>();
      const swept = { units: 0, databases: 0, records: 0 };
      /** Failures are none: whoever is in the way of a sweep is alive, and it leaves what the living have. */
      const sweepNow = async (ages: Parameters<typeof sweep>[1]): Promise<void> => {
        const { failures, ...dropped } = await sweep(session, ages);
        expect(failures).toEqual([]);
        for (const [kind, found] of Object.entries(dropped)) swept[kind as keyof typeof swept] += found.length;
      };
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
            const place = await killOne(seed);
            places.set(place, (places.get(place) ?? 0) + 1);
            // not younger: a process that has only just begun may not have its lock yet
            if (seeds.length % 10 === 0) await sweepNow({ minAge: 5 });
          }
        }),
      );
      await noticed(theirs);
      await sweepNow(all);

      // whoever is alive has what is theirs, and nothing else of ours is there
      for (const { child } of living) expect(child.exitCode).toBeNull();
      const { units, homes } = await readStatus(session);
      expect(units.map(({ name }) => name).sort()).toEqual(names.sort());
      expect(homes).toHaveLength(2);
      const databases = units.filter(({ isolation }) => isolation === "database").map(({ name }) => name);
      const left = (await ours()).filter((name) => !name.startsWith("it_template_"));
      expect(left.sort()).toEqual([...homes.map(({ name }) => name), ...databases].sort());
      expect(await ours()).toHaveLength(left.length + 1);

      for (const { child } of living) child.stdin?.write("end\n");
      for (const { ended } of living) expect(await ended).toMatchObject({ code: 0, stderr: "" });
      await noticed([]);
      await sweepNow(all);
      expect(await readStatus(session)).toEqual({ units: [], homes: [] });
      expect(await ours()).toEqual([]);
      expect(await decoys.account()).toEqual(before);
      process.stdout.write(
        `killed while at ${[...places].map(([place, times]) => `${place}: ${times}`).join(", ")}; swept ${JSON.stringify(swept)}\n`,
      );
    },
    120_000 + KILLS * 4_000,
  );
});
