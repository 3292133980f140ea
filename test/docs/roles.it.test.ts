/** The example of docs/roles.md, in a project as its reader has it: drizzle-kit generates the policies, and the tests pass. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/guard/flag.ts";
import { DROPPING, dropOwnRole, dropRoles } from "../support/drop-own-role.ts";
import { type OwnRole, openOwnRole } from "../support/own-role.ts";
import { stepsOf } from "./guide.ts";
import { read, root } from "./pages.ts";

const ROLES = ["anon", "authenticated", "service_role", "authenticator", "supabase_admin", "supabase_auth_admin"];

describe.skipIf(!isIntegrationEnabled() || !existsSync(join(root, "dist/roles.mjs")))("docs/roles.md", () => {
  let own: OwnRole;
  let project: string;
  let before: string[];
  const there = async (): Promise<string[]> =>
    (await own.admin.rows<{ name: string }>("select rolname as name from pg_roles"))
      .map(({ name }) => name)
      .filter((name) => ROLES.includes(name));
  const run = (program: string, args: string[], environment: NodeJS.ProcessEnv = {}): void => {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", program), ...args], {
      cwd: project,
      env: { ...Object.fromEntries(inherited), ...environment },
      encoding: "utf8",
    });
    expect(status, `${stdout}${stderr}`).toBe(0);
  };

  beforeAll(async () => {
    own = await openOwnRole(`it_page_${process.pid}_${Date.now().toString(36)}`, "superuser");
    before = await there();
    project = realpathSync(mkdtempSync(join(tmpdir(), "with-test-db-roles-")));
    mkdirSync(join(project, "node_modules"));
    for (const name of ["postgres", "vitest", "drizzle-orm", "drizzle-kit"])
      symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name), "junction");
    for (const part of ["package.json", "dist"])
      cpSync(join(root, part), join(project, "node_modules/with-test-db", part), { recursive: true });
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  });
  afterAll(async () => {
    rmSync(project, { recursive: true, force: true });
    const made = (await there()).filter((name) => !before.includes(name));
    await dropOwnRole(own);
    await dropRoles(made);
  }, DROPPING);

  it("has an example whose tests pass", { timeout: 120_000 }, () => {
    const files = new Map(
      stepsOf(read("docs/roles.md")).flatMap((step) => (step.kind === "file" ? [[step.path, step.text]] : [])),
    );
    const write = (path: string): void => {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), files.get(path) ?? "");
    };
    write("src/schema.ts");
    const kit = ["generate", "--dialect", "postgresql", "--schema", "src/schema.ts"];
    run("drizzle-kit/bin.cjs", kit);
    run("drizzle-kit/bin.cjs", [...kit, "--custom", "--name", "grants"]);
    write("drizzle/0001_grants.sql");
    write("test/notes.it.test.ts");
    const patience = ["--testTimeout=60000", "--hookTimeout=60000"];
    run("vitest/vitest.mjs", ["run", ...patience], { TEST_DB_IT: "1", TEST_DB_URL: own.url });
  });
});
