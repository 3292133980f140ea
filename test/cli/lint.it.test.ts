/** The command of the built package, with squawk as it was installed from npm. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedProject } from "../support/installed-project.ts";
import { folderPerMigration, journalFolder, temporaryFolder } from "../support/migrations.ts";
import { type Repository, repository } from "../support/repository.ts";

const OLD = { "0000_old": "DROP TABLE old;" };
const NEW = {
  ...OLD,
  "0001_new": 'ALTER TABLE "a" ALTER COLUMN "b" SET NOT NULL;--> statement-breakpoint\nDROP TABLE "gone";',
};

describe.each([
  ["a journal", journalFolder, "drizzle/0001_new.sql"],
  ["folders", folderPerMigration, "drizzle/20260101000001_0001_new/migration.sql"],
])("with-test-db lint, of %s", (_, make, file) => {
  let folder: string;
  let git: Repository;
  const env: NodeJS.ProcessEnv = { ...process.env, GITHUB_ACTIONS: "", GITHUB_BASE_REF: "", NO_COLOR: "1" };
  const lint = (...parameters: readonly string[]): ReturnType<typeof lintIn> => lintIn(env, ...parameters);
  const lintIn = (
    env: NodeJS.ProcessEnv,
    ...parameters: readonly string[]
  ): Promise<{ out: string; err: string; code: unknown }> =>
    new Promise((resolve) => {
      const program = join(folder, "node_modules", "with-test-db", "dist", "cli.mjs");
      execFile(process.execPath, [program, "lint", ...parameters], { cwd: folder, env }, (error, out, err) =>
        resolve({ out, err, code: error?.code ?? 0 }),
      );
    });
  const put = (migrations: Readonly<Record<string, string>>): void => {
    rmSync(join(folder, "drizzle"), { recursive: true, force: true });
    cpSync(make(migrations), join(folder, "drizzle"), { recursive: true });
  };

  beforeAll(() => {
    folder = installedProject("lint", ["drizzle-orm", "drizzle-kit", "postgres", "squawk-cli"], {
      ".gitignore": "node_modules",
    });
    put(OLD);
    git = repository(folder);
    git.commit();
    git.git("checkout", "--quiet", "-b", "work");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("takes the configuration that drizzle-kit prefers, and none that holds nothing", async () => {
    writeFileSync(join(folder, "drizzle.config.js"), 'export default { dialect: "postgresql", out: "./elsewhere" };');
    writeFileSync(join(folder, "drizzle.config.ts"), 'export default { dialect: "postgresql", out: "./drizzle" };');
    expect(await lint()).toMatchObject({ code: 0, err: "" });
    for (const config of ["() => ({})", "undefined"]) {
      writeFileSync(join(folder, "drizzle.config.ts"), `export default ${config};`);
      expect(await lint()).toMatchObject({ code: 2, err: expect.stringContaining("drizzle-kit cannot load") });
    }
    for (const ending of ["js", "ts"]) rmSync(join(folder, `drizzle.config.${ending}`));
  });

  it("leaves nothing in the folder for temporary files where a signal ends it", async () => {
    const temporary = temporaryFolder();
    const [config, loading] = [join(folder, "drizzle.config.ts"), join(temporary, "loading")];
    writeFileSync(config, `require("node:fs").writeFileSync(${JSON.stringify(loading)}, ""); for (;;);`);
    const program = join(folder, "node_modules", "with-test-db", "dist", "cli.mjs");
    const child = execFile(process.execPath, [program, "lint"], { cwd: folder, env: { ...env, TMPDIR: temporary } });
    const ended = once(child, "close");
    await expect.poll(() => existsSync(loading), { timeout: 20_000 }).toBe(true);
    child.kill("SIGTERM");
    expect(await ended).toEqual([143, null]);
    expect(readdirSync(temporary).filter((name) => name.startsWith("with-test-db"))).toEqual([]);
    rmSync(config);
  });

  it("takes no repository that a hook's environment names for that of the project", async () => {
    put(NEW);
    const gitDirectory = join(folder, ".git");
    const hook = { GIT_DIR: gitDirectory, GIT_INDEX_FILE: join(gitDirectory, "index") };
    expect((await lintIn({ ...env, ...hook })).out).toMatch(/1 new migration, which main does not have/);
    put(OLD);
  });

  it("finds nothing where nothing is new, and looks at all where it is told to", async () => {
    expect(await lint()).toEqual({
      code: 0,
      err: "",
      out: "0 new migrations, which main does not have: nothing was found\n",
    });
    expect(await lint("--all")).toMatchObject({
      code: 1,
      out: expect.stringMatching(/ban-drop-table[\s\S]*1 migration: 1 finding in 1\n$/),
    });
  });

  it("finds what is in new migrations, at file and line, with rule, message and help", async () => {
    put(NEW);
    const { out, err, code } = await lint();
    expect([err, code]).toEqual(["", 1]);
    expect(out).toBe(`${file}:1:34  warning  adding-not-nullable-field
  Setting a column \`NOT NULL\` blocks reads while the table is scanned.
  help: Make the field nullable and use a \`CHECK\` constraint instead.

${file}:2:1  warning  ban-drop-table
  Dropping a table may break existing clients.

1 new migration, which main does not have: 2 findings in 1
`);
  });

  it("gives JSON, and in a workflow what it shows beside the lines", async () => {
    env["GITHUB_ACTIONS"] = "true";
    const { out, code } = await lint("--base", "main", "--json");
    expect([JSON.parse(out), code]).toEqual([
      {
        base: "main",
        files: [file],
        findings: [
          expect.objectContaining({ rule: "adding-not-nullable-field", file, line: 1, column: 34 }),
          expect.anything(),
        ],
      },
      1,
    ]);
    expect((await lint()).out).toContain(
      `\n::warning file=${file},line=2,col=1,title=ban-drop-table::Dropping a table`,
    );
    env["GITHUB_ACTIONS"] = "";
  });

  it("takes tags and files, and says which there are", async () => {
    const tag = file.split("/")[1]?.replace(".sql", "") as string;
    expect((await lint(tag, file)).out).toContain("2 migrations: ");
    writeFileSync(join(folder, "drizzle", "draft.sql"), "select 1;");
    expect(await lint("drizzle/draft.sql")).toMatchObject({ code: 0, out: "1 migration: nothing was found\n" });
    const { err, code } = await lint("9999");
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^There is no migration 9999 in drizzle\.\n[\s\S]*OPTION_INVALID\n$/),
    ]);
  });

  it("accepts what a comment above a statement accepts", async () => {
    put({ ...OLD, "0001_new": "-- squawk-ignore ban-drop-table\nDROP TABLE old;" });
    expect((await lint()).code).toBe(0);
  });

  it("fails where it cannot be told what is new, and without squawk", async () => {
    git.git("branch", "--quiet", "--move", "main", "trunk");
    const unknown = await lint("--json");
    expect([JSON.parse(unknown.out), unknown.code]).toEqual([
      { error: expect.objectContaining({ code: "OPTION_INVALID", next: expect.stringContaining("lint --all") }) },
      2,
    ]);
    rmSync(join(folder, "node_modules", "squawk-cli"));
    expect(await lint("--all")).toMatchObject({
      out: "",
      code: 2,
      err: expect.stringContaining("npm install --save-dev squawk-cli"),
    });
  });
});
