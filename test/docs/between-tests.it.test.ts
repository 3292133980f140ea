/** The example of the page on what happens between tests, in a project of its own. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { MIGRATIONS, makeProject, root } from "../runners/project.ts";
import { read } from "./pages.ts";

it.skipIf(!isIntegrationEnabled())("docs/between-tests.md begins with an example that works", () => {
  const [, path = "", text = ""] = /```ts\n\/\/ (\S+)\n([\s\S]*?)```/.exec(read("docs/between-tests.md")) ?? [];
  const project = makeProject(
    { vitest: join(root, "node_modules/vitest") },
    {
      ...MIGRATIONS,
      "package.json": '{ "type": "module" }',
      "src/schema.ts": `import { pgTable, serial, text } from "drizzle-orm/pg-core";
export const things = pgTable("things", { id: serial().primaryKey(), name: text().notNull().unique() });`,
      [path]: text,
    },
  );
  try {
    const { status, output } = project.run(["node", "node_modules/vitest/vitest.mjs", "run"], { TEST_DB_KEEP: "0" });
    expect(output).toContain("Tests  3 passed (3)");
    expect(status).toBe(0);
  } finally {
    project.remove();
  }
});
