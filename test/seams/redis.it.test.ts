import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { Cluster, Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { isRedisAvailable, type TestRedis, type WithTestRedisOptions, withTestRedis } from "../../src/seams.ts";
import { freePort } from "../support/free-port.ts";
import { type OwnRedis, redisMissing, startRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const built = join(here, "../../dist/seams.mjs");

describe.skipIf(!isIntegrationEnabled() || redisMissing)(
  `withTestRedis()${redisMissing ? `: ${redisMissing}` : ""}`,
  () => {
    let own: OwnRedis;
    const open: { dispose(): Promise<void> }[] = [];
    const children: ChildProcess[] = [];
    beforeAll(async () => {
      own = await startRedis();
    });
    beforeEach(async () => {
      // leases of the tests before are records without a holder by now
      const client = own.on(0);
      await client.flushall();
      client.disconnect();
      vi.stubEnv("TEST_REDIS_URL", own.url);
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      for (const child of children.splice(0)) child.kill("SIGKILL");
      for (const lease of open.splice(0)) await lease.dispose().catch(() => {});
    });
    afterAll(() => own.stop());

    const take = async (options?: WithTestRedisOptions): Promise<TestRedis> => {
      const lease = await withTestRedis(options);
      open.push(lease);
      return lease;
    };
    /** What a client of the application does, from its first command to its last. */
    const through = async <Result>(url: string, use: (client: Redis) => Promise<Result>): Promise<Result> => {
      const client = new Redis(url);
      try {
        return await use(client);
      } finally {
        client.disconnect();
      }
    };
    const keysIn = (database: number): Promise<string[]> =>
      through(`${own.url}/${database}`, async (client) => (await client.keys("*")).sort());
    const isFree = (database: number): Promise<void> =>
      vi.waitFor(async () => {
        const clients = await through(own.url, async (client) => String(await client.call("CLIENT", "LIST")));
        expect(clients).not.toMatch(new RegExp(` db=${database} `));
      }, SOON);
    const holder = async (url: string, count = 1) => {
      const child = spawn(process.execPath, [join(here, "holder.mjs"), url, String(count)], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, TEST_DB_IT: "1" },
      });
      children.push(child);
      const [line] = await new Promise<string[]>((resolve, reject) => {
        createInterface(child.stdout).once("line", (text) => resolve([text]));
        child.once("exit", (code) => reject(new Error(`the holder ended with ${code}`)));
      });
      const leases = JSON.parse(line ?? "[]") as { database: number; prefix: string }[];
      const kill = async (): Promise<void> => {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await ended;
        // the server hears of it a moment later
        await vi.waitFor(async () => {
          const clients = await through(url, async (client) => String(await client.call("CLIENT", "LIST")));
          expect(clients.match(/name=with-test-db:/g)?.length ?? 0).toBe(open.length);
        }, SOON);
      };
      return { leases, kill };
    };

    describe("leases a database", () => {
      it("that is empty, has no key of ours, and is empty again afterwards, with no record left", async () => {
        const lease = await take();
        expect(lease).toMatchObject({ isolation: "database", prefix: "" });
        expect(lease.url).toBe(`${own.url}/${lease.database}`);
        expect(Object.keys(lease)).not.toContain("url");
        await through(lease.url, async (client) => {
          expect(await client.dbsize()).toBe(0);
          await client.set("a", "1");
          await lease.reset();
          expect(await client.keys("*")).toEqual([]);
          await client.flushdb();
          await client.set("b", "1");
        });
        await isFree(lease.database);
        await lease.dispose();
        await lease.dispose();
        expect(await keysIn(lease.database)).toEqual([]);
        expect(await through(`${own.url}/15`, (client) => client.hgetall("with-test-db:leases"))).toEqual({
          register: "with-test-db",
        });
        await expect(lease.reset()).rejects.toMatchObject({ code: "UNIT_GONE" });
      });

      it("of its own to each of many calls at once, in several processes, and never 0, the named one or the last two", async () => {
        const url = `${own.url}/5`;
        const [inOthers, ours] = await Promise.all([
          Promise.all([holder(url, 3), holder(url, 3)]),
          Promise.all(Array.from({ length: 4 }, () => take({ url }))),
        ]);
        const databases = [...inOthers.flatMap(({ leases }) => leases), ...ours].map(({ database }) => database);
        expect(new Set(databases).size).toBe(10);
        for (const never of [0, 5, 14, 15]) expect(databases).not.toContain(never);
      });

      it("of nobody else's: neither one that holds keys, nor one that somebody is connected to", async () => {
        const stranger = own.on(1);
        await stranger.set("theirs", "1");
        stranger.disconnect();
        const idle = own.on(2);
        await idle.ping();
        const leases = await Promise.all(Array.from({ length: 12 }, () => take()));
        const whole = leases.filter(({ isolation }) => isolation === "database").map(({ database }) => database);
        expect(whole.sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        for (const lease of leases) await lease.dispose();
        expect(await keysIn(1)).toEqual(["theirs"]);
        idle.disconnect();
      });

      it("and touches nothing where the last database is somebody's", async () => {
        for (const use of [(client: Redis) => client.set("theirs", "1"), (client: Redis) => client.ping()]) {
          const stranger = own.on(15);
          await use(stranger);
          const before = await through(own.url, (client) => client.info("keyspace"));
          await expect(withTestRedis()).rejects.toMatchObject({
            code: "TARGET_REFUSED",
            message: expect.stringContaining("database 15, its last one"),
          });
          expect(await through(own.url, (client) => client.info("keyspace"))).toBe(before);
          await stranger.flushdb();
          stranger.disconnect();
          await isFree(15);
        }
      });

      it("under fake timers", async () => {
        vi.useFakeTimers();
        try {
          const lease = await take();
          await lease.reset();
          await lease.dispose();
        } finally {
          vi.useRealTimers();
        }
      });
    });

    describe.skipIf(!existsSync(built))("after a process that was killed", () => {
      it("flushes what it left, and has its databases again", async () => {
        const { leases, kill } = await holder(own.url, 2);
        const ours = await take();
        expect(leases.map(({ database }) => database)).not.toContain(ours.database);
        await kill();
        for (const { database } of leases) expect(await keysIn(database)).toEqual(["left"]);
        await take();
        for (const { database } of leases) expect(await keysIn(database)).toEqual([]);
      });

      it("waits for what it had started to be gone, too", async () => {
        const { leases, kill } = await holder(own.url);
        const [{ database } = { database: 0 }] = leases;
        const orphan = own.on(database);
        await orphan.set("late", "1");
        await kill();
        expect((await take()).database).not.toBe(database);
        expect(await orphan.dbsize()).toBe(2);
        orphan.disconnect();
        await isFree(database);
        await take();
        expect(await keysIn(database)).toEqual([]);
      });

      it("leaves alone what somebody has used since, says so, and has it again once it is empty", async () => {
        const { leases, kill } = await holder(own.url);
        const [{ database } = { database: 0 }] = leases;
        await kill();
        // as it would be a while later
        const register = own.on(15);
        await register.hset("with-test-db:seen", database, Math.floor(Date.now() / 1000) - 3600);
        register.disconnect();
        await through(`${own.url}/${database}`, (client) => client.set("mine", "1"));
        await isFree(database);
        await isFree(15);
        const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
        const other = await take();
        const [[words] = [""]] = said.mock.calls;
        said.mockRestore();
        expect(words).toContain(`redis-cli -h 127.0.0.1 -p ${own.port} -n ${database} flushdb`);
        expect(other.database).not.toBe(database);
        expect(await keysIn(database)).toEqual(["left", "mine"]);
        await through(`${own.url}/${database}`, (client) => client.flushdb());
        await isFree(database);
        // databases are tried in their order
        expect((await take()).database).toBe(database);
      });

      it("deletes the keys of its prefix, and of no other", async () => {
        const small = await startRedis({ databases: "3" });
        try {
          const ours = await take({ url: small.url });
          await through(ours.url, (client) => client.set(`${ours.prefix}kept`, "1"));
          const { leases, kill } = await holder(small.url);
          expect(leases[0]?.prefix).toMatch(/^\{with-test-db:[0-9a-f]{20}\}:$/);
          expect(await through(ours.url, (client) => client.dbsize())).toBe(2);
          await kill();
          await take({ url: small.url });
          expect(await through(ours.url, (client) => client.keys("*"))).toEqual([`${ours.prefix}kept`]);
        } finally {
          await Promise.all(open.splice(0).map((lease) => lease.dispose()));
          await small.stop();
        }
      });
    });

    describe("leases a prefix", () => {
      it("where no database is free, beside others in one that has nothing else", async () => {
        const all = await Promise.all(Array.from({ length: 15 }, () => take()));
        const [one, other] = all.filter(({ isolation }) => isolation === "prefix");
        expect(one?.database).toBe(14);
        expect(other?.database).toBe(14);
        await through(one?.url ?? "", async (client) => {
          await client.mset({ [`${one?.prefix}a`]: "1", [`${other?.prefix}a`]: "2" });
          await one?.reset();
          expect(await client.keys("*")).toEqual([`${other?.prefix}a`]);
          await other?.dispose();
          expect(await client.dbsize()).toBe(0);
        });
        await expect(withTestRedis({ isolation: "database" })).rejects.toMatchObject({
          code: "UNIT_FAILED",
          message: expect.stringContaining(
            "of databases 1 to 13 each is leased, holds keys, or has somebody connected",
          ),
        });
      });

      it("where it is asked for, and not beside keys of somebody else's", async () => {
        expect(await take({ isolation: "prefix" })).toMatchObject({ isolation: "prefix", database: 14 });
        await through(`${own.url}/14`, (client) => client.set("theirs", "1"));
        await expect(withTestRedis({ isolation: "prefix" })).rejects.toMatchObject({ code: "TARGET_REFUSED" });
        expect(await keysIn(14)).toEqual(["theirs"]);
      });

      it("on a server that has one database, and refuses one that is in use", async () => {
        const single = await startRedis({ databases: "1" });
        try {
          const lease = await withTestRedis({ url: single.url });
          expect(lease).toMatchObject({ isolation: "prefix", database: 0 });
          await lease.dispose();
          await single.on(0).set("theirs", "1");
          await expect(withTestRedis({ url: single.url })).rejects.toMatchObject({ code: "TARGET_REFUSED" });
        } finally {
          await single.stop();
        }
      });

      it("on a cluster, on every node", async () => {
        const nodes = await Promise.all([1, 2].map(() => startRedis({ "cluster-enabled": "yes" })));
        const [first, second] = nodes.map((node) => node.on(0)) as [Redis, Redis];
        try {
          await first.call("CLUSTER", "ADDSLOTSRANGE", 0, 8191);
          await second.call("CLUSTER", "ADDSLOTSRANGE", 8192, 16_383);
          // of two nodes that meet one has to be of a later epoch
          await second.call("CLUSTER", "SET-CONFIG-EPOCH", 2);
          await first.call("CLUSTER", "MEET", "127.0.0.1", nodes[1]?.port ?? 0);
          await vi.waitFor(async () => {
            for (const node of [first, second])
              expect(String(await node.call("CLUSTER", "INFO"))).toMatch(
                /cluster_state:ok[\s\S]*cluster_known_nodes:2/,
              );
          }, SOON);
          const url = nodes[0]?.url ?? "";
          const leases = await Promise.all([1, 2, 3, 4].map(() => withTestRedis({ url })));
          const application = new Cluster([url]);
          for (const { prefix, database } of leases) {
            expect(database).toBe(0);
            // several keys in one command, as queues have them
            await application.mset({ [`${prefix}a`]: "1", [`${prefix}b`]: "1" });
          }
          const count = async () => (await first.dbsize()) + (await second.dbsize());
          expect(await count()).toBe(8);
          await leases[0]?.reset();
          expect(await count()).toBe(6);
          for (const lease of leases) await lease.dispose();
          expect(await count()).toBe(0);
          application.disconnect();
        } finally {
          for (const node of nodes) await node.stop();
        }
      });
    });

    describe("loses its lease, deletes nothing, and says so", () => {
      it("where somebody ran FLUSHALL", async () => {
        const lease = await take();
        await through(lease.url, (client) => client.flushall());
        await through(lease.url, (client) => client.set("whose", "1"));
        await expect(lease.reset()).rejects.toMatchObject({
          code: "UNIT_GONE",
          message: expect.stringContaining("FLUSHALL"),
        });
        await expect(lease.dispose()).rejects.toMatchObject({ code: "UNIT_GONE" });
        expect(await keysIn(lease.database)).toEqual(["whose"]);
      });

      it("where its connection was ended, which the next call takes for a dead process'", async () => {
        const lease = await take();
        await through(lease.url, (client) => client.set("left", "1"));
        await through(own.url, async (client) => {
          const [, id] =
            /(?:^|\n)id=(\d+).* name=with-test-db:[0-9a-f]{20} /.exec(String(await client.call("CLIENT", "LIST"))) ??
            [];
          await client.call("CLIENT", "KILL", "ID", id ?? "");
        });
        await expect(lease.reset()).rejects.toMatchObject({ code: "UNIT_GONE" });
        await isFree(lease.database);
        await take();
        expect(await keysIn(lease.database)).toEqual([]);
      });
    });

    describe("refuses", () => {
      it("to connect while the flag is off, and isRedisAvailable() is false then", async () => {
        vi.stubEnv("TEST_DB_IT", "0");
        await expect(withTestRedis()).rejects.toMatchObject({
          code: "FLAG_UNSET",
          message: expect.stringContaining("withTestRedis() was called"),
        });
        expect(await isRedisAvailable()).toBe(false);
        vi.stubEnv("MY_IT", "1");
        expect(await isRedisAvailable({ flag: "MY_IT" })).toBe(true);
      });

      it("a server that nobody named, another machine, and a process in production", async () => {
        vi.stubEnv("TEST_REDIS_URL", "");
        await expect(withTestRedis()).rejects.toMatchObject({ code: "TARGET_INVALID" });
        const url = "redis://:s3cret@cache.example.com";
        const error = await withTestRedis({ url }).catch((thrown: Error) => thrown);
        expect(error).toMatchObject({ code: "TARGET_REFUSED" });
        expect(String(error)).not.toContain("s3cret");
        vi.stubEnv("NODE_ENV", "production");
        await expect(withTestRedis({ url: own.url })).rejects.toMatchObject({ code: "TARGET_REFUSED" });
      });

      it("a wrong password, which no message has", async () => {
        const locked = await startRedis({ requirepass: "s3cret" });
        try {
          for (const login of ["", ":wr0ng@"]) {
            const error = await withTestRedis({ url: `redis://${login}127.0.0.1:${locked.port}` }).catch(
              (thrown: Error) => thrown,
            );
            expect(error).toMatchObject({ code: "SERVER_AUTH_FAILED" });
            // as runners show it, with all that is inside
            expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("wr0ng");
          }
          const lease = await withTestRedis({ url: locked.url });
          await through(lease.url, (client) => client.set("a", "1"));
          expect(JSON.stringify(lease)).not.toContain("s3cret");
          await lease.dispose();
        } finally {
          await locked.stop();
        }
      });

      it.each([{ isolation: "schema" }, { prefix: "mine" }, { urls: "redis://127.0.0.1" }])("%j", async (options) => {
        await expect(withTestRedis(options as never)).rejects.toMatchObject({ code: "OPTION_INVALID" });
      });
    });

    it("isRedisAvailable() is false where none is named or none answers, and says which", async () => {
      const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
      try {
        expect(await isRedisAvailable()).toBe(true);
        expect(said).not.toHaveBeenCalled();
        const port = await freePort();
        expect(await isRedisAvailable({ url: `redis://127.0.0.1:${port}` })).toBe(false);
        expect(said).toHaveBeenLastCalledWith(
          `with-test-db: suites with Redis are skipped: Redis at 127.0.0.1:${port} cannot be reached. TEST_REDIS_URL=redis://127.0.0.1:6379 names one\n`,
        );
        vi.stubEnv("TEST_REDIS_URL", "");
        expect(await isRedisAvailable()).toBe(false);
        expect(said).toHaveBeenLastCalledWith(expect.stringContaining("No Redis is named for tests."));
      } finally {
        said.mockRestore();
      }
    });

    describe.skipIf(!existsSync(built))("in a process of its own", () => {
      it("lets a process end that forgot to dispose", () => {
        const program = `import { withTestRedis } from ${JSON.stringify(built)}; await withTestRedis(); process.stdout.write("leased");`;
        const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
          cwd: here,
          encoding: "utf8",
          timeout: 30_000,
          env: { ...process.env, TEST_DB_IT: "1" },
        });
        expect({ stdout, stderr, status }).toEqual({ stdout: "leased", stderr: "", status: 0 });
      });

      it("names ioredis where it is missing", () => {
        const folder = mkdtempSync(join(tmpdir(), "with-test-db-no-ioredis-"));
        // all of them: which chunks it shares with others is the bundler's matter
        const parts = readdirSync(dirname(built)).filter((name) => name.endsWith(".mjs"));
        for (const name of parts) copyFileSync(join(dirname(built), name), join(folder, name));
        const program = `import { withTestRedis } from "./seams.mjs"; await withTestRedis().catch((error) => console.log(error.message));`;
        const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
          cwd: folder,
          encoding: "utf8",
          env: { ...process.env, TEST_DB_IT: "1" },
        });
        rmSync(folder, { recursive: true, force: true });
        expect(stderr).toBe("");
        expect(stdout).toBe(
          [
            "The package ioredis is not installed.",
            "  why:  withTestRedis() uses the one of your project, and brings none of its own",
            "  next: npm install --save-dev ioredis",
            "  code: DRIVER_NOT_INSTALLED\n",
          ].join("\n"),
        );
      });
    });
  },
);
