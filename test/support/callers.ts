/** Processes that use the built package, each with many calls at once, against a server of the test's. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What one process is to do. */
export interface Calls {
  readonly url: string;
  readonly migrationsFolder: string;
  readonly from: "with-test-db" | "with-test-db/pg";
  readonly count: number;
  /** `@default` the library's own */
  readonly deadline?: number;
}

/** What came of it. */
export interface Served {
  /** The number of each call, in the order in which they got their units, and when. */
  readonly order: readonly (readonly [call: number, at: number])[];
  readonly failures: readonly string[];
  readonly stderr: string;
}

/** The migrations that a caller expects. */
export const CALLERS_MIGRATION: string = `CREATE TABLE "marks" ("id" serial PRIMARY KEY, "who" text NOT NULL);--> statement-breakpoint
  INSERT INTO "marks" ("who") VALUES ('the migration');`;

const PROGRAM = `
const { migrationsFolder, from, count, deadline } = JSON.parse(process.argv[1]);
const { withTestDb } = await import(from);
const unit = (use) => withTestDb({ schema: {}, migrationsFolder, label: "crowd", deadline }, use);
const rowsOf = async (client, text) => (client.query ? (await client.query(text)).rows : client.unsafe(text));
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
const order = [];
const failures = [];
async function use({ client, schemaName }) {
  await rowsOf(client, "insert into marks (who) values ('" + schemaName + "')");
  await pause(20);
  const seen = (await rowsOf(client, "select who from marks order by id")).map(({ who }) => who);
  if (JSON.stringify(seen) !== JSON.stringify(["the migration", schemaName])) throw new Error("saw " + seen);
}
const call = (number) => unit(async (testDb) => {
  order.push([number, Date.now()]);
  await use(testDb);
});
await Promise.all(Array.from({ length: count }, (_, number) => call(number).catch((error) => {
  failures.push(String(error) + (error.cause ? " because of " + error.cause : ""));
})));
console.log(JSON.stringify({ order, failures }));
`;

const running = new Set<ChildProcess>();

/** Runs one such process to its end; `hear` is told all that it has said on stderr so far. */
export function runCallers({ url, ...what }: Calls, hear: (words: string) => void = () => {}): Promise<Served> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, JSON.stringify(what)], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TEST_DB_IT: "1", TEST_DB_URL: url },
    });
    running.add(child);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
      hear(stderr);
    });
    child.once("close", (code) => {
      running.delete(child);
      if (code === 0) resolve({ ...(JSON.parse(stdout) as Omit<Served, "stderr">), stderr });
      else reject(new Error(`exit code ${code}: ${stderr}`));
    });
  });
}

/** Ends those that a failed test has left. */
export function endCallers(): void {
  for (const child of running) child.kill("SIGKILL");
}
