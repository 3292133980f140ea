/** `with-test-db run` of the built package: what the command finds, how it ends, and that nothing is left. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { installedProject } from "../support/installed-project.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";

const JOURNAL = {
  version: "7",
  dialect: "postgresql",
  entries: [{ idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_notes", breakpoints: true }],
};
const FILES = {
  "package.json": JSON.stringify({ type: "module", scripts: { hang: "node hang.js" } }),
  "drizzle/meta/_journal.json": JSON.stringify(JOURNAL),
  "drizzle/0000_notes.sql": "CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL DEFAULT marker());",
  "prepare.sql": "CREATE FUNCTION marker() RETURNS text LANGUAGE sql AS 'select ''prepared''';",
  "seed.sql": "INSERT INTO notes DEFAULT VALUES;",
  // as many have it
  "strict.config.js": `
    if (!URL.canParse("postgres://" + process.env.H) || !process.env.D) throw new Error("no database is named");
    export default { dialect: "postgresql", out: "drizzle" };`,
  // takes a unit by itself, and goes on until it is ended
  "hang.js": `
    import { withTestDb } from "with-test-db";
    const { schemaName, databaseName } = await withTestDb({ migrationsFolder: "drizzle", prepare: ["prepare.sql"] });
    console.log("unit", schemaName ?? databaseName);
    if (process.argv[2] === "die") process.kill(process.pid, "SIGKILL");
    setInterval(() => {}, 1000);`,
  "rows.js": `
    import postgres from "postgres";
    const sql = postgres(process.env[process.argv[2] ?? "DATABASE_URL"]);
    console.log(JSON.stringify([...await sql\`select id, text from notes\`]), await sql\`select current_database()\`.then(([row]) => row.current_database));
    await sql.end();`,
};
const UNIT = ["--env", "DATABASE_URL", "--prepare", "prepare.sql", "--seed", "seed.sql"];

describe.skipIf(!isIntegrationEnabled())("with-test-db run", () => {
  let own: OwnDatabase;
  let project: string;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_run_${Date.now()}`);
    project = installedProject("run", ["drizzle-kit", "drizzle-orm", "postgres"], FILES);
  });
  afterAll(async () => {
    rmSync(project, { recursive: true, force: true });
    await own.drop();
  });

  interface Ended {
    readonly out: string;
    readonly err: string;
    readonly code: number | null;
  }
  const start = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): [ChildProcess, Promise<Ended>] => {
    const { TEST_DB_IT: _, NODE_ENV: __, ...inherited } = process.env;
    const child = spawn(process.execPath, [join(project, "node_modules/with-test-db/dist/cli.mjs"), "run", ...args], {
      cwd: project,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...inherited,
        TEST_DB_URL: own.url,
        NO_COLOR: "1",
        DATABASE_URL: "postgres://nobody@127.0.0.1:1/x",
        ...environment,
      },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    // what takes long on a busy machine is said there
    const said = (): string => err.replace(/^with-test-db: (building|waiting for) .*…\n/gm, "");
    return [child, once(child, "close").then(([code]) => ({ out, err: said(), code }))];
  };
  const run = (args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ended> => start(args, environment)[1];
  const printing = (script: string): string[] => ["--", process.execPath, "-e", script];
  const ENVIRONMENT = "const e = process.env; console.log(String(e.TEST_DB_IT), String(e.ACME_IT), e.TEST_DB_URL)";
  /** Of the units that the test knows by name, those that are there: other suites have units, too. */
  const left = async (...names: (string | undefined)[]): Promise<string[]> =>
    (await readStatus(own.server)).units.map(({ name }) => name).filter((name) => names.includes(name));
  const unitIn = ({ out }: Pick<Ended, "out">): string => /\bit_\w+/.exec(out)?.[0] ?? "";

  it("gives the command the flag and the server, and ends as the command does", async () => {
    const script = `${ENVIRONMENT}; console.error(process.argv.slice(1).join(" ")); process.exitCode = 7`;
    const [named, other, inFile] = await Promise.all([
      run([...printing(script), "--", "--json", "--url", "x"]),
      run(["--flag", "ACME_IT", "--url", own.url, ...printing(ENVIRONMENT)], { TEST_DB_URL: "" }),
      (async () => {
        writeFileSync(join(project, ".env.test"), `TEST_DB_URL=${own.url}\nOTHER=1\n`);
        return run(printing(ENVIRONMENT), { TEST_DB_URL: undefined });
      })(),
    ]);
    rmSync(join(project, ".env.test"));
    expect(named).toEqual({ out: `1 undefined ${own.url}\n`, err: "--json --url x\n", code: 7 });
    expect(other).toEqual({ out: `undefined 1 ${own.url}\n`, err: "", code: 0 });
    expect(inFile).toEqual({ out: `1 undefined ${own.url}\n`, err: "", code: 0 });
  });

  it("runs nothing where it is asked in a wrong way, or of a server that is not for tests", async () => {
    const ran = printing("console.log('ran')");
    const [noDashes, noCommand, missing, remote, production, noFiles, inFiles] = await Promise.all([
      run(["echo", "ran"]),
      run(["--json"]),
      run(["--", "with-test-db-none"]),
      run(["--url", "postgres://me:hunter2@db.example.com/app", "--json", ...ran]),
      run(ran, { RUN_ENV: "production" }),
      run(["--per-file", "none/*.ts", ...ran]),
      run(["--per-file", "*.js", "--json", "--", "with-test-db-none"]),
    ]);
    expect(noDashes).toMatchObject({
      out: "",
      code: 2,
      err: expect.stringContaining("next: npx with-test-db run -- echo ran\n"),
    });
    expect([noCommand.code, JSON.parse(noCommand.out).error.code]).toEqual([2, "OPTION_INVALID"]);
    expect(missing).toMatchObject({
      out: "",
      code: 127,
      err: expect.stringMatching(/^with-test-db-none could not be run\.\n/),
    });
    expect([remote.code, remote.err, JSON.parse(remote.out).error.code]).toEqual([2, "", "TARGET_REFUSED"]);
    expect(production).toMatchObject({ out: "", code: 2, err: expect.stringContaining("code: TARGET_REFUSED") });
    expect([inFiles.code, JSON.parse(inFiles.out).error.code]).toEqual([127, "PROGRAM_MISSING"]);
    expect(noFiles).toMatchObject({ out: "", code: 2, err: expect.stringContaining('No file matches "none/*.ts"') });
  });

  it("runs the command without the flag where there is no server, but never where it was to have a unit", async () => {
    const TEST_DB_URL = targetUrl({ ...own.target, host: "127.0.0.1", port: 1 });
    const [skipping, refusing] = await Promise.all([
      run(printing(ENVIRONMENT), { TEST_DB_URL, TEST_DB_IT: "1" }),
      run([...UNIT, "--json", ...printing("console.log('ran')")], { TEST_DB_URL }),
    ]);
    expect(skipping).toMatchObject({ out: `undefined undefined ${TEST_DB_URL}\n`, code: 0 });
    expect(skipping.err).toMatch(
      /^with-test-db: No connection to .*; TEST_DB_IT is not set, so that suites skip\. next: start that server, .*\n$/,
    );
    expect([refusing.code, JSON.parse(refusing.out).error.code]).toEqual([2, "SERVER_UNREACHABLE"]);
  });

  it("leads the command to a unit of its own, with what it is to begin with, and gives that back", async () => {
    const parts = "const e = process.env; console.log(e.H, e.P, e.U, e.D)";
    const [whole, schema, apart, disposable] = await Promise.all([
      run([...UNIT, "--", "node", "rows.js"]),
      run([...UNIT, "--isolation", "schema", "--", "node", "rows.js"]),
      run(
        [..."HPUD"]
          .flatMap((name, i) => ["--env", `${name}=${["host", "port", "user", "database"][i]}`])
          .concat("--prepare", "prepare.sql", "--config", "strict.config.js", ...printing(parts)),
      ),
      run(["--disposable-database", ...UNIT.slice(2), "--env", "APP_DB", "--", "node", "rows.js", "APP_DB"]),
    ]);
    const rows = '[{"id":1,"text":"prepared"}]';
    expect([whole.err, schema.err, apart.err, disposable.err]).toEqual(["", "", "", ""]);
    expect(whole.out).toMatch(/^\[.*\] it_\w+\n$/);
    for (const { out } of [whole, schema, disposable]) expect(out).toContain(rows);
    expect(schema.out).toMatch(/ it_home_/);
    const { host, port, user } = own.target;
    expect(apart.out).toMatch(new RegExp(`^${host.replaceAll(".", "\\.")} ${port} ${user} it_\\w+\n$`));
    expect(await left(unitIn(whole), unitIn(apart), unitIn(disposable))).toEqual([]);
    const databases = await own.server.rows<{ datname: string }>("select datname from pg_database");
    expect(databases.map(({ datname }) => datname)).not.toContain(unitIn(disposable));
  });

  it("keeps the unit of a command that failed, where units are kept", async () => {
    const failing = ["--", process.execPath, "-e", "process.exit(3)"];
    const [kept, not] = [
      await run([...UNIT, ...failing], { TEST_DB_KEEP: "on-failure" }),
      await run([...UNIT, ...failing], { TEST_DB_KEEP: "0" }),
    ];
    expect([kept.code, not]).toEqual([3, { out: "", err: "", code: 3 }]);
    const name = unitIn({ out: kept.err });
    expect(kept.err).toMatch(/^with-test-db: kept the database it_\w+ of ".* process\.exit\(3\)" for 2 hours\n/);
    expect(await left(name)).toEqual([name]);
    const drop = spawn(process.execPath, [join(project, "node_modules/with-test-db/dist/cli.mjs"), "drop", name], {
      stdio: "ignore",
    });
    expect(await once(drop, "close")).toEqual([0, null]);
    expect(await left(name)).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("leaves nothing of a command that is killed, or told to end", async () => {
    const died = await run(["--", "node", "hang.js", "die"]);
    expect(died).toMatchObject({ err: "", code: 137 });
    expect(await left(unitIn(died))).toEqual([]);
    // npm hands a signal on to nobody
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const [child, ended] = start([...UNIT, "--", "npm", "run", "--silent", "hang"], { TEST_DB_KEEP: "on-failure" });
      await once(child.stdout as NodeJS.ReadableStream, "data");
      child.kill(signal);
      const { out, err, code: found } = await ended;
      expect([found, err]).toEqual([code, ""]);
      expect(unitIn({ out })).toMatch(/^it_/);
      expect(await left(unitIn({ out }))).toEqual([]);
    }
  });

  it("runs each test file in a process and with a unit of its own, and makes one JUnit file", async () => {
    mkdirSync(join(project, "test"), { recursive: true });
    const script = `
      import { writeFileSync } from "node:fs";
      import { basename } from "node:path";
      const [file, junit] = process.argv.slice(2);
      console.log(basename(file), new URL(process.env.DATABASE_URL).pathname.slice(1));
      console.error("on stderr");
      if (file.includes("b.")) process.exit(5);
      writeFileSync(junit, '<testsuites><testsuite name="' + file + '" time="1"><testcase name="t"/></testsuite></testsuites>');`;
    writeFileSync(join(project, "runner.js"), script);
    for (const name of ["c", "a", "b"]) writeFileSync(join(project, "test", `${name}.test.js`), "");
    const args = [...UNIT, "--per-file", "test/*.test.js", "--junit", "out/all.xml"];
    const { out, err, code } = await run([...args, "--jobs", "2", "--", "node", "runner.js", "{}", "{junit}"]);
    expect(code).toBe(1);
    const lines = out.trim().split("\n").sort();
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["a.test.js", "b.test.js", "c.test.js"]);
    const units = lines.map((line) => line.split(" ")[1]);
    expect(new Set(units).size).toBe(3);
    expect(await left(...units)).toEqual([]);
    expect(err).toMatch(/^with-test-db: test\/b\.test\.js failed with exit code 5, after \d+\.\d s$/m);
    expect(err).toMatch(/with-test-db: 3 files in \d+\.\d s: 2 passed, 1 failed \(test\/b\.test\.js\)\n$/);
    const xml = readFileSync(join(project, "out/all.xml"), "utf8");
    expect(xml).toContain('<testsuites tests="3" failures="0" errors="1" skipped="0"');
    expect(xml).toMatch(/<error message="it ended with exit code 5">b\.test\.js it_\w+\non stderr<\/error>/);

    const sharded = await run([
      "--per-file",
      "test/*.test.js",
      "--shard",
      "2/2",
      "--json",
      ...printing("console.log(process.argv[1])"),
    ]);
    expect(JSON.parse(sharded.out)).toMatchObject({
      ...{ passed: 1, failed: 0, notFinished: 0 },
      files: [{ file: "test/b.test.js", code: 0 }],
    });
    expect(sharded.err).toMatch(/^test\/b\.test\.js\n/);
  });

  it.skipIf(process.platform === "win32")("begins no other file once it is told to end", async () => {
    writeFileSync(join(project, "wait.js"), "console.log(process.env.DATABASE_URL); setInterval(() => {}, 1000);");
    const [child, ended] = start([...UNIT, "--per-file", "{hang,rows,wait}.js", "--", "node", "wait.js", "{}"]);
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.kill("SIGINT");
    const { out, err, code } = await ended;
    expect([code, err]).toEqual([
      130,
      expect.stringMatching(/^with-test-db: 3 files in .*: 0 passed, 3 not finished\n$/),
    ]);
    const [name] = /it_\w+/.exec(out) ?? [];
    await expect.poll(() => left(name), SOON).toEqual([]);
  });
});
