/** A run that fails, and what is typed afterwards, in another process, that knows nothing but the lines that were printed. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { inSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { readKept } from "../../src/kept/kept-notes.ts";
import { findProgram } from "../../src/kept/say-kept.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";
import { linesIn, makeProject, runTest, type Said, type } from "./project.ts";

const migrationsFolder = journalFolder({
  "0000_things": `CREATE TABLE "things" ("id" serial PRIMARY KEY, "name" text);--> statement-breakpoint
    CREATE FUNCTION "how_many"() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM things'`,
});
const SUITE = "things.it.test.ts > finds";

/** Each begins with a unit in `testDb`, and a row in it. */
const FAILURES: Record<string, string> = {
  "a function that throws": `
    await withTestDb(options, async (testDb) => { await add(testDb, "left by the test"); throw new Error("it failed"); });`,
  "dispose({ failed })": `
    const testDb = await withTestDb(options);
    await add(testDb, "left by the test");
    await testDb.dispose({ failed: "${SUITE}" });
    process.exitCode = 1;`,
  "reset({ failed })": `
    const testDb = await withTestDb(options);
    await add(testDb, "left by the test");
    await testDb.reset({ failed: "${SUITE}" });
    await add(testDb, "of the next test");
    await testDb.dispose();
    process.exitCode = 1;`,
};
const program = (entry: string, isolation: string, rest: string): string => `
  import { withTestDb } from "${entry}";
  const options = { migrationsFolder: ${JSON.stringify(migrationsFolder)}, isolation: "${isolation}", label: "things", url: process.env.URL };
  const add = ({ client }, name) => client.unsafe ? client\`insert into things (name) values (\${name})\` : client.query("insert into things (name) values ($1)", [name]);
  ${rest}`;

const missing = "missing" in findBinaries(18) || findProgram("psql") === undefined;

describe.skipIf(!isIntegrationEnabled() || missing)("the lines that a failed run prints", () => {
  /** It asks for a password. */
  let server: TestServer;
  let project: string;
  let password: string;
  beforeAll(async () => {
    server = await startServer({ major: 18 });
    project = makeProject();
    password = server.target.password as string;
  });
  afterEach(async () => {
    const { units } = await inSession(server.target, readStatus);
    for (const { name, state } of units) if (state === "kept") await type(project, `npx with-test-db drop ${name}`);
  });
  afterAll(() => server?.stop());

  const fail = async (rest: string, entry = "with-test-db", isolation = "schema", env = {}): Promise<Said> => {
    const said = await runTest(project, program(entry, isolation, rest), { URL: targetUrl(server.target), ...env });
    expect(said).toMatchObject({ code: 1, err: expect.stringContaining("with-test-db: kept the ") });
    expect(said.err + said.out).not.toContain(password);
    return said;
  };
  const only = (said: Said): Record<"psql" | "studio" | "drop", string> => {
    const { psql = [], studio = [], drop = [] } = linesIn(said.err);
    expect([psql, studio, drop].map(({ length }) => length)).toEqual([1, 1, 1]);
    return { psql: psql[0] as string, studio: studio[0] as string, drop: drop[0] as string };
  };

  describe.each([
    ["with-test-db", "schema"],
    ["with-test-db/pg", "database"],
  ])("by %s, of a %s", (entry, isolation) => {
    it.each(Object.entries(FAILURES))("look into what the test left, and drop it: %s", async (_, rest) => {
      const { psql, drop } = only(await fail(rest, entry, isolation));
      const asked = "select how_many(), name, current_setting('application_name') from things";
      const [name] = psql.split(" ").slice(-1);
      expect(await type(project, `${psql} -- -Atc "${asked}"`)).toEqual({
        ...{ out: `1|left by the test|${name}\n`, err: "", code: 0 },
      });
      expect(await type(project, drop)).toEqual({ out: `dropped the ${isolation} ${name}\n`, err: "", code: 0 });
      const gone = await type(project, psql);
      expect(gone).toMatchObject({ out: "", code: 2, err: expect.stringContaining("code: UNIT_GONE") });
      expect((await inSession(server.target, readStatus)).units.filter(({ state }) => state === "kept")).toEqual([]);
    });
  });

  it("name the test, whatever its name holds", async () => {
    const name = "a > \u001b[2Jb\nc → \"d\" 'e'";
    const { err } = await fail(`
      const testDb = await withTestDb(options);
      await testDb.dispose({ failed: ${JSON.stringify(name)} });
      process.exitCode = 1;`);
    expect(err).toContain(` of ${JSON.stringify(name)} for 2 hours\n  npx `);
    expect(err).not.toContain("\u001b");
    const status = await type(project, `npx with-test-db status --url '${targetUrl(server.target)}'`);
    expect(status.out).toMatch(/ {2}kept for another 11\d min /);
    expect(status.out).toContain(`  ${JSON.stringify(name)} failed, no file of tests (pid `);
  });

  it("work where the server was named for one command only, by TEST_DB_URL", async () => {
    const { psql } = only(
      await fail(FAILURES["dispose({ failed })"] as string, undefined, undefined, {
        ...{ URL: undefined, TEST_DB_URL: targetUrl(server.target) },
      }),
    );
    expect((await type(project, `${psql} -- -Atc "select name from things"`)).out).toBe("left by the test\n");
    // nothing of the shell's own leads elsewhere
    const env = {
      PGHOST: "192.0.2.1",
      PGPORT: "1",
      PGUSER: "nobody",
      PGDATABASE: "none",
      PGPASSWORD: "wrong",
      PGSERVICE: "none",
    };
    expect((await type(project, `${psql} -- -Atc "select name from things"`, env)).out).toBe("left by the test\n");
  });

  it("hand the password over in no command line, and psql's exit code back", async () => {
    const { psql } = only(await fail(FAILURES["dispose({ failed })"] as string));
    const running = type(project, `${psql} -- -v ON_ERROR_STOP=1 -c "select pg_sleep(3600)"`);
    const [client] = await vi.waitFor(async () => {
      const rows = await server.admin.rows<{ pid: number }>(
        "select pid from pg_stat_activity where query like '%pg_sleep(3600)%' and pid <> pg_backend_pid()",
      );
      expect(rows).toHaveLength(1);
      return rows;
    }, SOON);
    const lines = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8");
        } catch {
          return ""; // gone meanwhile
        }
      });
    expect(lines.filter((line) => line.includes("pg_sleep(3600)")).length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes(password))).toEqual([]);
    await server.admin.rows("select pg_terminate_backend($1::int)", [client?.pid ?? 0]);
    expect(await running).toMatchObject({ code: 2 });
  });

  it("open Studio on the unit", async () => {
    const { studio } = only(await fail(FAILURES["dispose({ failed })"] as string));
    const [name] = studio.split(" ").slice(-1);
    const port = await freePort();
    const address = `http://127.0.0.1:${port}/`;
    const running = type(project, `exec ${studio} --port ${port}`);
    const ask = async (sql: string): Promise<unknown> => {
      const body = JSON.stringify({ type: "proxy", data: { sql, params: [], mode: "array", method: "values" } });
      const answer = await fetch(address, { method: "POST", body, headers: { "content-type": "application/json" } });
      return answer.json();
    };
    try {
      await vi.waitFor(() => fetch(address, { method: "OPTIONS" }), { timeout: 30_000, interval: 100 });
      expect(await ask("select current_schema(), name from things")).toEqual([[name, "left by the test"]]);
    } finally {
      // whoever listens there is the one that was started
      for (const pid of listeners(port)) process.kill(pid);
    }
    expect((await running).out).toContain(String(port));
  });

  it("are as many as work: no psql where it is not on the PATH, no studio where drizzle-kit is not installed", async () => {
    const bare = makeProject(["postgres", "drizzle-orm"]);
    const bin = join(temporaryFolder(), "bin");
    mkdirSync(bin);
    for (const tool of ["node", "npx", "sh"]) symlinkSync(findProgram(tool) as string, join(bin, tool));
    const env = { PATH: bin, URL: targetUrl(server.target) };
    const { err } = await runTest(
      bare,
      program("with-test-db", "schema", FAILURES["dispose({ failed })"] as string),
      env,
    );
    const { psql, studio, drop = [] } = linesIn(err);
    expect([psql, studio, drop.length]).toEqual([undefined, undefined, 1]);
    const [name] = (drop[0] as string).split(" ").slice(-1);
    for (const command of ["psql", "studio"]) {
      const said = await type(bare, `npx with-test-db ${command} ${name}`, { PATH: bin });
      expect(said).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/ next: .* code: PROGRAM_MISSING/s) });
    }
    const { out } = await type(bare, `npx with-test-db url ${name}`, { PATH: bin });
    const client = postgres(out.trim(), { max: 1 });
    expect(await client`select name from things`).toEqual([{ name: "left by the test" }]);
    await client.end();
    expect(await type(bare, drop[0] as string, { PATH: bin })).toMatchObject({ code: 0 });
  });

  it("are not printed for a test that passed, nor with keep: false, nor in CI: nothing is kept", async () => {
    const passed = `const testDb = await withTestDb(options); await add(testDb, "x"); await testDb.reset(); await testDb.dispose();`;
    const failed = FAILURES["dispose({ failed })"] as string;
    const URL = targetUrl(server.target);
    const said = [
      await runTest(project, program("with-test-db", "schema", passed), { URL }),
      await runTest(project, program("with-test-db", "schema", `options.keep = false; ${failed}`), { URL }),
      await runTest(project, program("with-test-db", "schema", failed), { URL, CI: "true" }),
      await runTest(project, program("with-test-db", "schema", failed), { URL, TEST_DB_KEEP: "0" }),
    ];
    expect(said.map(({ err }) => err)).toEqual(["", "", "", ""]);
    expect((await inSession(server.target, readStatus)).units.filter(({ state }) => state === "kept")).toEqual([]);
    const asked = await runTest(project, program("with-test-db", "schema", failed), {
      URL,
      CI: "true",
      TEST_DB_KEEP: "on-failure",
    });
    expect(linesIn(asked.err)["psql"]).toHaveLength(1);
  });

  it("say which units were kept, where a name is none of theirs", async () => {
    const { psql } = only(await fail(FAILURES["dispose({ failed })"] as string));
    const [name] = psql.split(" ").slice(-1);
    for (const command of ["psql", "studio", "url", "drop"]) {
      const { err, code } = await type(project, `npx with-test-db ${command} it_misspelt`);
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(new RegExp(`^There is no unit it_misspelt\\.\n.*${name}.*UNIT_GONE`, "s")),
      ]);
    }
    // a name leads to no file elsewhere
    const { err } = await type(project, "npx with-test-db url ../../../etc/passwd");
    expect(err).toContain("There is no unit ../../../etc/passwd.");
  });

  it("work without a note, where the server is named", async () => {
    const { psql } = only(await fail(FAILURES["dispose({ failed })"] as string));
    const [name] = psql.split(" ").slice(-1);
    const { out } = await type(
      project,
      `${psql} --url '${targetUrl(server.target)}' -- -Atc "select name from things"`,
    );
    expect(out).toBe("left by the test\n");
    expect(readKept(undefined, name)).toHaveLength(1);
  });

  it("drop nothing that a test has", async () => {
    const { err, out } = await runTest(
      project,
      program(
        "with-test-db",
        "schema",
        `import { execFileSync } from "node:child_process";
         await withTestDb({ ...options, keep: false }, async ({ schemaName, client }) => {
           try { execFileSync("npx", ["with-test-db", "drop", schemaName, "--url", options.url], { stdio: "pipe" }); } catch (error) { console.error(String(error.stderr)); }
           console.log(await client\`select 1 as one from things having count(*) = 0\`);
         });`,
      ),
      { URL: targetUrl(server.target) },
    );
    expect(err).toContain("it was not kept");
    expect(out).toContain("one: 1");
  });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const listening = createServer().listen(0, "127.0.0.1", () => {
      const { port } = listening.address() as { port: number };
      listening.close(() => resolve(port));
    });
  });

/** The processes that listen on a port, from /proc. */
function listeners(port: number): number[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const inodes = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .filter((line) => line.includes(wanted) && / 0A /.test(line))
    .map((line) => line.trim().split(/\s+/)[9]);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => openFiles(pid).some((file) => inodes.some((inode) => file === `socket:[${inode}]`)))
    .map(Number);
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlink(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
