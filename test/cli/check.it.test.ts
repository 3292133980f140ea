/** The command of the built package, in projects on both lines of Drizzle, with the drizzle-kit of each. */
import { execFile, spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Answer } from "../../src/check/answer.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { DRIZZLE_1, installedProject } from "../support/installed-project.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { repository } from "../support/repository.ts";
import { SOON } from "../support/soon.ts";

const SCHEMA = `import { pgTable, integer, text } from "drizzle-orm/pg-core";
import { label } from "@/label";
export const things = pgTable("things", { id: integer("id").primaryKey(), [label]: text("name") });
`;

/** Paths that only the project's own tsconfig can tell, and a configuration that computes. */
const FILES = {
  "package.json": '{ "type": "module" }',
  "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
  "src/label.ts": 'export const label: string = "name";',
  "src/schema/things.ts": SCHEMA,
  "src/folder.ts": 'export const folder: string = "migrations";',
  "drizzle.config.ts": `import { folder } from "@/folder";
import { defineConfig } from "drizzle-kit";
export default defineConfig({ dialect: "postgresql", schema: "./src/schema/*.ts", out: \`./\${folder}\` });
`,
};

interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: unknown;
}

describe.skipIf(!isIntegrationEnabled()).each([
  ["0.45", "", "journal"],
  ["1.0", DRIZZLE_1, "folders"],
])("with-test-db check, with drizzle-orm %s", (_, line, layout) => {
  let own: OwnDatabase;
  let folder: string;
  const env: NodeJS.ProcessEnv = { ...process.env, GITHUB_ACTIONS: "", GITHUB_BASE_REF: "", NO_COLOR: "1" };

  const run = (program: string, ...parameters: readonly string[]): Promise<Said> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(folder, "node_modules", program), ...parameters],
        { cwd: folder, env },
        (error, out, err) => resolve({ out, err, code: error?.code ?? 0 }),
      );
    });
  const check = (...parameters: readonly string[]): Promise<Said> =>
    run("with-test-db/dist/cli.mjs", "check", ...parameters);
  const answers = async (...parameters: readonly string[]): Promise<Record<string, Answer> & { code: unknown }> => {
    const { out, code } = await check("--json", "--migrations", "migrations", ...parameters);
    const list = (JSON.parse(out) as { answers: Answer[] }).answers;
    return Object.assign(Object.fromEntries(list.map((answer) => [answer.question, answer])), { code });
  };
  /** Files outside of node_modules, with what is in them. */
  const everything = (): unknown =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/node_modules|\.git([\\/]|$)/.test(entry.parentPath))
      .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "utf8")])
      .sort();
  /** Writes the schema anew, with other columns. */
  const setColumns = (columns: string): void =>
    writeFileSync(join(folder, "src", "schema", "things.ts"), SCHEMA.replace('[label]: text("name")', columns));

  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_cli_check_${Date.now()}`);
    env["TEST_DB_URL"] = own.url;
    const peers = ["drizzle-orm", "drizzle-kit"].map((name) => `${line}${name}`);
    folder = installedProject("check", [...peers, "postgres"], FILES);
    await run("drizzle-kit/bin.cjs", "generate", "--name", "one");
    const git = repository(folder);
    writeFileSync(join(folder, ".gitignore"), "node_modules");
    git.commit();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await own.drop();
  });

  it("answers four questions, and writes nothing", async () => {
    const before = everything();
    expect(await check()).toEqual({
      code: 0,
      err: "",
      out: `ok         Do the schema and the migrations agree?
ok         Does the history replay from nothing?
ok         Is the journal in order?
ok         Are two branches' migrations out of each other's way?
`,
    });
    expect(everything()).toEqual(before);
  });

  it("finds what drizzle-kit would generate, with its SQL, and what it would ask", async () => {
    setColumns('[label]: text("name"), size: integer("size")');
    const before = everything();
    const { schema, replay, code } = await answers("--no-replay");
    expect([schema, replay, code]).toEqual([
      {
        question: "schema",
        status: "found",
        findings: [
          expect.objectContaining({
            rule: "schema-differs",
            detail: expect.stringContaining('ALTER TABLE "things" ADD COLUMN "size" integer;'),
          }),
        ],
      },
      { question: "replay", status: "not asked", findings: [], why: "it was not wanted" },
      1,
    ]);
    setColumns('title: text("title")');
    const said = await check("--no-replay");
    expect(said.code).toBe(1);
    expect(said.out).toMatch(
      /^found {6}Do the schema.*\n.*schema-differs\n.*drizzle-kit would ask whether something was renamed/,
    );
    if (layout === "folders") expect(said.out).toContain("public.things.title");
    setColumns('[label]: text("name")');
    expect(everything()).not.toEqual(before);
  });

  it("fails where the schema can't be loaded, and says why", async () => {
    writeFileSync(join(folder, "src", "schema", "things.ts"), 'throw new Error("no such luck");');
    const { schema, code } = await answers("--no-replay");
    expect([schema, code]).toEqual([
      expect.objectContaining({ status: "failed", why: expect.stringContaining("no such luck") }),
      2,
    ]);
    writeFileSync(join(folder, "src", "schema", "things.ts"), SCHEMA);
  });

  it("finds two branches that each add the same", async () => {
    setColumns('[label]: text("name"), size: integer("size")');
    const migrations = join(folder, "migrations");
    const kept = join(folder, "kept");
    cpSync(migrations, kept, { recursive: true });
    await run("drizzle-kit/bin.cjs", "generate", "--name", "ours");
    addRival(migrations, layout);
    const { schema, branches, code } = await answers("--no-replay");
    expect([schema?.status, branches?.status, code]).toEqual(["not asked", "found", 1]);
    if (layout === "journal") expect(branches?.findings).toMatchObject([{ rule: "same-parent" }]);
    else {
      expect(branches?.findings).toMatchObject([
        {
          rule: "drizzle-kit-check",
          detail: expect.stringMatching(/Conflicting migrations detected[\s\S]*add_column: size on things/),
        },
      ]);
      expect(JSON.stringify(branches)).not.toMatch(/with-test-db-check-/);
    }
    rmSync(migrations, { recursive: true });
    cpSync(kept, migrations, { recursive: true });
    rmSync(kept, { recursive: true });
    setColumns('[label]: text("name")');
  });

  if (layout === "folders") {
    it("asks drizzle-kit also of what the base has meanwhile", async () => {
      const { git, commit } = repository(folder);
      setColumns('[label]: text("name"), size: integer("size")');
      await run("drizzle-kit/bin.cjs", "generate", "--name", "ours");
      git("checkout", "--quiet", "-b", "work");
      commit();
      git("checkout", "--quiet", "main");
      setColumns('[label]: text("name"), size: text("size")');
      await run("drizzle-kit/bin.cjs", "generate", "--name", "theirs");
      commit();
      git("checkout", "--quiet", "work");
      const { branches } = await answers("--no-replay");
      expect(branches?.findings).toContainEqual(
        expect.objectContaining({ rule: "drizzle-kit-check", message: expect.stringMatching(/_theirs of the base/) }),
      );
      git("checkout", "--quiet", "main");
      git("reset", "--quiet", "--hard", "HEAD^");
      git("branch", "--quiet", "-D", "work");
    });
  } else {
    it("finds a changed migration, in a workflow also beside its line", async () => {
      const [file] = readdirSync(join(folder, "migrations")).filter((name) => name.endsWith(".sql"));
      const path = join(folder, "migrations", file as string);
      const text = readFileSync(path, "utf8");
      appendFileSync(path, "\n--> statement-breakpoint\nselect nothing;");
      env["GITHUB_ACTIONS"] = "true";
      const { out, code } = await check();
      env["GITHUB_ACTIONS"] = "";
      writeFileSync(path, text);
      expect(code).toBe(1);
      expect(out).toContain(
        `::error file=migrations/${file},line=7,title=does-not-replay::column "nothing" does not exist`,
      );
      expect(out).toContain(`::error file=migrations/${file},title=applied-migration-changed::0000_one is on main`);
    });

    it("asks nothing of a drizzle-kit, or a configuration, that is not there", async () => {
      rmSync(join(folder, "node_modules", "drizzle-kit"));
      const without = await answers("--no-replay");
      expect([without["schema"], without["branches"], without.code]).toMatchObject([
        { status: "not asked", next: "npm install --save-dev drizzle-kit" },
        { status: "ok", why: expect.stringContaining("drizzle-kit, which is not installed") },
        0,
      ]);
      const missing = await check("--json", "--migrations", "nowhere");
      expect([JSON.parse(missing.out), missing.code]).toEqual([
        { error: expect.objectContaining({ code: "MIGRATIONS_NOT_FOUND" }) },
        2,
      ]);
    });

    it("undoes what it made on SIGTERM", async () => {
      const slow = join(folder, "slow");
      mkdirSync(join(slow, "meta"), { recursive: true });
      writeFileSync(join(slow, "0000_slow.sql"), "select pg_sleep(60);");
      const entries = [{ idx: 0, version: "7", when: 1, tag: "0000_slow", breakpoints: true }];
      writeFileSync(
        join(slow, "meta", "_journal.json"),
        JSON.stringify({ version: "7", dialect: "postgresql", entries }),
      );
      const program = join(folder, "node_modules", "with-test-db", "dist", "cli.mjs");
      const child = spawn(process.execPath, [program, "check", "--migrations", "slow"], {
        cwd: folder,
        env,
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.once("close", resolve));
      const replays = async (): Promise<string[]> => {
        const sql =
          "select a.datname as name from pg_stat_activity a where a.query = 'select pg_sleep(60);' and a.datname like 'it_replay_%'";
        return (await own.server.rows<{ name: string }>(sql)).map(({ name }) => name);
      };
      await vi.waitFor(async () => expect(await replays()).toHaveLength(1), SOON);
      const [name] = await replays();
      child.kill("SIGTERM");
      expect(await ended).toBe(143);
      expect(await own.server.rows("select from pg_database where datname = $1::text", [name])).toEqual([]);
    });
  }
});

/** What another branch would have added: a second migration that follows the same one. */
function addRival(migrations: string, layout: string): void {
  if (layout === "folders") {
    const ours = readdirSync(migrations).find((name) => name.endsWith("_ours")) as string;
    const rival = join(migrations, ours.replace("_ours", "_rival"));
    cpSync(join(migrations, ours), rival, { recursive: true });
    changeId(join(rival, "snapshot.json"));
    return;
  }
  const meta = join(migrations, "meta");
  cpSync(join(meta, "0001_snapshot.json"), join(meta, "0002_snapshot.json"));
  changeId(join(meta, "0002_snapshot.json"));
  cpSync(join(migrations, "0001_ours.sql"), join(migrations, "0002_rival.sql"));
  const journal = JSON.parse(readFileSync(join(meta, "_journal.json"), "utf8"));
  journal.entries.push({ ...journal.entries[1], idx: 2, when: journal.entries[1].when + 1, tag: "0002_rival" });
  writeFileSync(join(meta, "_journal.json"), JSON.stringify(journal));
}

function changeId(file: string): void {
  if (!existsSync(file)) throw new Error(`there is no ${file}`);
  const snapshot = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...snapshot, id: "11111111-1111-4111-8111-111111111111" }));
}
