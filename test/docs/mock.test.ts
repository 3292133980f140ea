/** docs/mock.md, whose code is run and compiled as it is there. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { pgTable, serial, text } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMockDb } from "../../src/mock.ts";
import { installedProject } from "../support/installed-project.ts";
import { stepsOf } from "./guide.ts";
import { read, root } from "./pages.ts";

const SCHEMA = `import { pgTable, serial, text } from "drizzle-orm/pg-core";

export const users = pgTable("users", { id: serial().primaryKey(), name: text().notNull().unique(), email: text() });
export const audit = pgTable("audit", { id: serial().primaryKey(), text: text().notNull() });
`;
const TSCONFIG = {
  compilerOptions: {
    ...{ target: "ES2022", module: "NodeNext", types: ["node"], strict: true, exactOptionalPropertyTypes: true },
    ...{ noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
  },
};
const page = read("docs/mock.md");

describe.skipIf(!existsSync(join(root, "dist/mock.mjs")))("docs/mock.md", { timeout: 120_000 }, () => {
  let project: string;
  const run = (program: string, ...args: string[]) => {
    const { TEST_DB_URL: _, ...env } = process.env;
    const options = { cwd: project, encoding: "utf8", env: { ...env, NO_COLOR: "1" } } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, program), ...args], options);
    return { status, output: stdout + stderr };
  };
  beforeAll(() => {
    const blocks = stepsOf(page).flatMap((step) => (step.kind === "file" ? [[step.path, step.text]] : []));
    project = installedProject("mock", ["drizzle-orm", "postgres", "vitest", "@types"], {
      "package.json": '{ "type": "module" }',
      "src/schema.ts": SCHEMA,
      "tsconfig.json": JSON.stringify(TSCONFIG),
      ...Object.fromEntries(blocks),
    });
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it("has an example that passes", () => {
    const { status, output } = run("node_modules/vitest/vitest.mjs", "run");
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining("2 passed") });
  });

  it("has an example that compiles", () => {
    expect(run("packages/typescript-7/node_modules/typescript/bin/tsc")).toEqual({ status: 0, output: "" });
  });

  it("shows the message that there is", async () => {
    const [, shown] = /```\n(Nothing is stubbed[\s\S]*?)\n```/.exec(page) ?? [];
    const users = pgTable("users", { id: serial().primaryKey(), name: text().notNull().unique(), email: text() });
    const { db } = createMockDb({ schema: { users } });
    const said = db.query.users.findFirst({ where: eq(users.name, "Ada") });
    await expect(said).rejects.toThrow(expect.objectContaining({ message: shown }));
  });
});
