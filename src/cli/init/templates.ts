/** The texts that are written. Each runs as it stands, in a module and in CommonJS, in TypeScript and in JavaScript. */
import { type Layout, pathFrom } from "./layout.ts";
import type { Project } from "./read-project.ts";

/** The first test: of a table of the project's own where one is found, else of the one that comes with it. */
export function testText(project: Project, layout: Layout): string {
  const { runner, isTypeScript, packages } = project;
  const pg = "pg" in packages && !("postgres" in packages) ? "/pg" : "";
  const entry = `with-test-db/${runner}${pg}`;
  const bring = runner === "jest" || runner === "node" ? importsOf(project) : IMPORTS;
  const migrations = pathFrom(layout.test, layout.migrationsFolder);
  const path = bring === IMPORTS ? bring("{ fileURLToPath }", "node:url") : bring("{ join }", "node:path");
  const folder =
    bring === IMPORTS ? `fileURLToPath(new URL("${migrations}", import.meta.url))` : `join(__dirname, "${migrations}")`;
  const table = layout.hasSchema ? layout.table : "things";
  const schemaPath = pathFrom(layout.test, layout.schema).replace(/\.[cm]?[jt]s$/, layout.importEnding);
  const schema = table ? bring(`{ ${table} }`, schemaPath) : "";
  const suite = `${table ?? "the database"} (real Postgres)`;
  const expecting = (value: string, expected: string): string => `expect(${value}).toEqual(${expected});`;

  if (runner === "jest") {
    // jest waits for no file of CommonJS; for its environment, it does
    const options = { testDb: { migrationsFolder: layout.migrationsFolder, between: "rollback" } };
    const declared = "\ndeclare const testDb: TestDb; // the environment's\n";
    return `/**
 * @jest-environment with-test-db/jest/environment${pg}
 * @jest-environment-options ${JSON.stringify(options)}
 */
${isTypeScript ? `import type { TestDb } from "with-test-db${pg}";\n` : ""}${bring("{ describeIntegration }", entry)}${schema}${isTypeScript ? declared : ""}
describeIntegration("${suite}", () => {
  it("${titleOf(layout)}", async () => {
    ${statementsOf(layout, "testDb.db", expecting)}
  });
});
`;
  }
  if (runner === "node") {
    const asserting = (value: string, expected: string): string => `assert.deepEqual(${value}, ${expected});`;
    return `${bring("assert", "node:assert/strict")}${path}${bring("{ it }", "node:test")}${bring("{ describeIntegration, testDbFor }", entry)}${schema}
const migrationsFolder = ${folder};

describeIntegration("${suite}", () => {
  it("${titleOf(layout)}", async (t) => {
    const { db } = await testDbFor(t, { migrationsFolder });
    ${statementsOf(layout, "db", asserting)}
  });
});
`;
  }
  return `${path}${bring("{ describe, expect, it }", runner === "bun" ? "bun:test" : "vitest")}${bring("{ isIntegrationEnabled }", `with-test-db${pg}`)}${bring("{ useTestDb }", entry)}${schema}
const migrationsFolder = ${folder};
const testDb = await useTestDb({ migrationsFolder, between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("${suite}", () => {
  it("${titleOf(layout)}", async () => {
    ${statementsOf(layout, "testDb.db", expecting)}
  });
});
`;
}

const titleOf = ({ hasSchema, table }: Layout): string =>
  !hasSchema ? "finds what was inserted" : table ? "can be read" : "is there";

function statementsOf(
  { hasSchema, table }: Layout,
  db: string,
  equal: (value: string, expected: string) => string,
): string {
  const lines = !hasSchema
    ? [
        `await ${db}.insert(things).values({ name: "Api" });`,
        `const found = await ${db}.select({ name: things.name }).from(things);`,
        equal("found", '[{ name: "Api" }]'),
      ]
    : table
      ? [`const rows = await ${db}.select().from(${table});`, equal("Array.isArray(rows)", "true")]
      : [`await ${db}.execute("select 1");`];
  return lines.join("\n    ");
}

export function schemaText(project: Project): string {
  const isBundled = project.runner === "vitest" || project.runner === "bun";
  const bring = isBundled ? IMPORTS : importsOf(project);
  return `${bring("{ pgTable, serial, text }", "drizzle-orm/pg-core")}
${bring === IMPORTS ? "export const things" : "exports.things"} = pgTable("things", {
  id: serial().primaryKey(),
  name: text().notNull(),
});
`;
}

export const drizzleConfigText = (project: Project, { schema, migrationsFolder }: Layout): string =>
  configText(
    importsOf(project),
    "drizzle-kit",
    `{
  dialect: "postgresql",
  schema: ${JSON.stringify(schema)},
  out: ${JSON.stringify(migrationsFolder)},
}`,
  );

/** The run that builds the home may take longer than a runner's five seconds. */
export const vitestConfigText = (): string =>
  configText(IMPORTS, "vitest/config", "{\n  test: { testTimeout: 30_000, hookTimeout: 30_000 },\n}");
export const jestConfigText = ({ isModule }: Project): string =>
  `${isModule ? "export default" : "module.exports ="} {\n  testTimeout: 30_000,\n};\n`;

const configText = (bring: Bring, from: string, config: string): string =>
  `${bring("{ defineConfig }", from)}
${bring === IMPORTS ? "export default" : "module.exports ="} defineConfig(${config});
`;

/** A line that brings names in. */
type Bring = (names: string, from: string) => string;
const IMPORTS: Bring = (names, from) => `import ${names} from "${from}";\n`;
const REQUIRES: Bring = (names, from) => `const ${names} = require("${from}");\n`;
const importsOf = ({ isModule, isTypeScript }: Project): Bring => (isModule || isTypeScript ? IMPORTS : REQUIRES);
