/** What is counted on of Postgres' programs, and of their words: docs/decisions/what-is-counted-on.md. Read in 15 to 18. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

/** Few locks, and a user who is let in by nobody. */
const OPTIONS = {
  settings: { max_locks_per_transaction: "10", max_connections: "10" },
  hba: ["host all rejected all reject"],
};
const binaries = findBinaries(18);
const reason = "missing" in binaries ? binaries.missing : undefined;
const native = "missing" in binaries ? "" : binaries.native;
const asRoot = process.getuid?.() === 0;
const user = asRoot ? { uid: 65534, gid: 65534 } : {};

describe.skipIf(!isIntegrationEnabled() || reason)(`a server${reason ? ` (${reason})` : ""}`, () => {
  let server: TestServer;
  let data: string;
  beforeAll(async () => {
    server = await startServer({ major: 18, ...OPTIONS });
    const [row] = await server.admin.rows<{ data: string }>("select current_setting('data_directory') as data");
    data = row?.data ?? "";
  });
  afterAll(() => server?.stop());

  const firstLine = (): string => readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0] ?? "";
  const run = (...options: string[]): ChildProcess =>
    spawn(join(native, "bin", "postgres"), options, { ...user, cwd: data, env: { LC_ALL: "C" } });
  const words = (child: ChildProcess): Promise<string> =>
    new Promise((resolve) => {
      let said = "";
      child.stderr?.on("data", (chunk) => {
        said += chunk;
      });
      child.once("close", () => resolve(said));
    });

  it("that lets nobody in names its pg_hba.conf and the encryption", async () => {
    const { host, port } = server.target;
    const client = postgres({ host, port, user: "rejected", database: "postgres", password: "x", fetch_types: false });
    await expect(client`select`).rejects.toMatchObject({
      code: "28000",
      message: expect.stringMatching(/pg_hba\.conf.* no encryption$/),
    });
    await client.end();
  });

  it("that has no lock left names the setting", async () => {
    const locks = server.admin.script("select pg_advisory_xact_lock(n) from generate_series(1, 100000) n");
    await expect(locks).rejects.toMatchObject({
      code: "53200",
      hint: expect.stringContaining("max_locks_per_transaction"),
    });
  });

  it("whose temporary files are limited names the setting", async () => {
    const sorted =
      "set temp_file_limit = 64; set work_mem = 64; select n from generate_series(1, 100000) n order by -n";
    await expect(server.admin.script(sorted)).rejects.toMatchObject({
      code: "53400",
      message: expect.stringContaining("temp_file_limit"),
    });
  });

  it("that is ready says so in the eighth line of postmaster.pid, under its number in the first", async () => {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    expect(lines[7]?.trim()).toBe("ready");
    const [, parent] = readFileSync(`/proc/${server.admin.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    expect(lines[0]).toBe(parent);
  });

  describe("that is down", () => {
    beforeAll(() => server.shutDown());

    it("does not start where its port is taken, and says that it could not bind", async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
      const { port } = taken.address() as { port: number };
      expect(await words(run("-D", data, "-p", String(port)))).toMatch(/could not bind|could not create any TCP/);
      await new Promise((resolve) => taken.close(resolve));
    });

    it("has a negative number in postmaster.pid while another program than the server has the data", async () => {
      const single = run("--single", "-D", data, "postgres");
      await vi.waitFor(() => expect(firstLine()).toBe(String(-(single.pid as number))), SOON);
      single.stdin?.end();
      await words(single);
    });
  });
});

describe.skipIf(reason)("initdb", () => {
  const initdb = (options: readonly string[], as: object = user): { status: number | null; stderr: string } => {
    const parent = mkdtempSync(join(tmpdir(), "with-test-db-counted-"));
    try {
      return spawnSync(join(native, "bin", "initdb"), ["-D", join(parent, "data"), "--username=postgres", ...options], {
        ...{ encoding: "utf8", cwd: "/", env: { LC_ALL: "C" }, ...as },
      });
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  };

  it("that does not know a locale says so by the word", () => {
    expect(initdb(["--locale=nowhere"])).toMatchObject({ status: 1, stderr: expect.stringContaining("locale") });
  });

  it.skipIf(!asRoot)("that is run by a user without a name says so", () => {
    expect(initdb([], { uid: 54_321, gid: 54_321 }).stderr).toContain("could not look up effective user");
  });
});

describe.skipIf(!isIntegrationEnabled())("PostgreSQL 15.20", () => {
  const debian = findBinaries("debian");
  if ("missing" in debian) {
    it.skip(`is not tried: ${debian.missing}`);
    return;
  }

  it("has the version of a column among its options, and keeps its own whatever it is given", async () => {
    const server = await startServer({ major: "debian" });
    try {
      if (server.admin.serverVersion < 150_020) return;
      await server.admin.script("create table public.things (id integer)");
      const options = () =>
        server.admin.rows(
          "select attoptions::text as options from pg_attribute where attrelid = 'public.things'::regclass and attnum = 1",
        );
      const own = await options();
      expect(own).toEqual([{ options: expect.stringMatching(/^\{pg_attver=\d+\}$/) }]);
      await server.admin.script("alter table public.things alter column id set (pg_attver = 1)");
      expect(await options()).toEqual(own);
    } finally {
      await server.stop();
    }
  });
});
