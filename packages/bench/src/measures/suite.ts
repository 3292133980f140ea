/** A suite of many small files under vitest, with a unit for each file, and the same on one schema for all. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import type { Bench } from "../bench.ts";
import { CONTENDERS } from "../contenders/index.ts";
import { about } from "../finding.ts";
import { interleave } from "../interleave.ts";
import { freshFolder } from "../server.ts";
import type { Stage } from "../stage.ts";
import { environment } from "../worker-process.ts";

const TESTS_PER_FILE = 5;

/** The one file in which the two suites differ. */
const SUPPORT = {
  ours: `import { withTestDb } from "with-test-db";
import { schemaOf } from "../../project.mjs";

const { BENCH_URL: url, BENCH_MIGRATIONS: migrationsFolder, BENCH_TABLES } = process.env;
export const schema = schemaOf(Number(BENCH_TABLES));

export async function openDb() {
  const testDb = await withTestDb({ schema, migrationsFolder, url });
  return { db: testDb.db, close: () => testDb.dispose() };
}
`,
  shared: `import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { schemaOf } from "../../project.mjs";

const { BENCH_URL: url, BENCH_TABLES } = process.env;
export const schema = schemaOf(Number(BENCH_TABLES));

export async function openDb() {
  const client = postgres(url);
  return { db: drizzle({ client, schema }), close: () => client.end() };
}
`,
};

const testFile = (file: number, table: string): string => `import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDb, schema } from "./support";

const table = schema["${table}"];

describe("file ${file}", () => {
  let db;
  let close;
  beforeAll(async () => {
    ({ db, close } = await openDb());
  });
  afterAll(() => close());

${Array.from(
  { length: TESTS_PER_FILE },
  (_, n) => `  it("keeps what it is given (${n})", async () => {
    const name = "file ${file} test ${n} " + process.pid;
    await db.insert(table).values({ name });
    await db.update(table).set({ position: ${n} }).where(eq(table.name, name));
    expect(await db.select().from(table).where(eq(table.name, name))).toMatchObject([{ name, position: ${n} }]);
  });
`,
).join("\n")}});
`;

export async function measureSuite(bench: Bench, stage: Stage): Promise<void> {
  const { place, server } = stage;
  const files = bench.quick ? 20 : 200;
  const names = ["shared", "ours"] as const;
  const parent = freshFolder(join(import.meta.dirname, "suites"));
  for (const name of names) {
    const folder = freshFolder(join(parent, name));
    writeFileSync(join(folder, "support.ts"), SUPPORT[name]);
    writeFileSync(join(folder, "vitest.config.mjs"), "export default {};\n");
    for (let n = 0; n < files; n++) {
      writeFileSync(join(folder, `file-${n}.test.ts`), testFile(n, place.project.written[n % 3] as string));
    }
  }
  const run = (name: (typeof names)[number], only?: string): Promise<number> => {
    const url = name === "ours" ? place.url.ours : place.url.shared;
    return runSuite(join(parent, name), only, only ? 1 : files, {
      ...{ BENCH_URL: url, BENCH_MIGRATIONS: place.project.migrationsFolder, BENCH_TABLES: `${place.project.tables}` },
    });
  };
  // the home is there, and vitest is in the page cache
  for (const name of names) await run(name, "file-0.test.ts");
  const samples = await interleave(names, { rounds: bench.quick ? 1 : 3, seconds: 150, atLeast: 2 }, async (name) => {
    await server.settle();
    return await run(name);
  });
  const part = `${files} files, ${TESTS_PER_FILE} tests each`;
  const labels = { shared: CONTENDERS.shared, ours: CONTENDERS.ours };
  bench.found({ measure: "suite", part, ...about(stage), unit: "s", samples, labels });
}

/** Seconds. */
async function runSuite(
  folder: string,
  only: string | undefined,
  files: number,
  env: Record<string, string>,
): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const report = join(folder, "report.json");
  const began = performance.now();
  await promisify(execFile)(
    process.execPath,
    [vitest, "run", ...(only ? [only] : []), "--root", folder, "--reporter=json", `--outputFile=${report}`],
    { cwd: folder, env: environment(env), maxBuffer: 2 ** 26 },
  ).catch((error: Error & { stderr?: string; stdout?: string }) => {
    throw new Error(`The suite in ${folder} failed: ${error.message}\n${error.stderr ?? ""}${error.stdout ?? ""}`);
  });
  const taken = (performance.now() - began) / 1000;
  const { numPassedTests } = JSON.parse(readFileSync(report, "utf8")) as { numPassedTests: number };
  if (numPassedTests !== files * TESTS_PER_FILE) throw new Error(`${numPassedTests} tests passed in ${folder}`);
  return taken;
}
