/**
 * `npm run demo`: runs the integration suites of the workspace packages on real Postgres, and prints what was done:
 * each unit, how it was isolated, where its time went, and what is left.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";

const bold = (text) => styleText("bold", text);
const folder = mkdtempSync(join(tmpdir(), "with-test-db-demo-"));
const timeline = join(folder, "timeline.jsonl");

try {
  console.log(`Each file of tests below gets a Postgres schema or database of its own, a unit, with what its package's migrations make.
Then a table says for each unit how long the lease took, the wait before the first test, and what giving the unit back took.
Notice that a package's migrations run once, that leases take milliseconds, and that nothing is left but units for the next run.
`);
  const build = spawnSync("npm", ["run", "build", "--silent"], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (build.status !== 0) {
    console.error(build.stdout + build.stderr);
    process.exit(build.status ?? 1);
  }
  console.log(
    bold(process.env.TEST_DB_URL ? "On the server that TEST_DB_URL names" : "On the embedded Postgres of this machine"),
  );
  const run = spawnSync(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", "--project", "packages", "packages/catalog", "packages/slo"],
    {
      stdio: "inherit",
      env: { ...process.env, TEST_DB_IT: "1", TEST_DB_TIMELINE: timeline },
    },
  );
  if (run.status !== 0) process.exit(run.status ?? 1);

  const events = readFileSync(timeline, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const disposed = new Map(events.filter(({ type }) => type === "disposed").map((event) => [event.name, event]));
  const created = events.filter(({ type }) => type === "created");
  console.log(bold(`\n${created.length} units, milliseconds`));
  console.table(
    created.map(({ name, isolation, phases }) => ({
      unit: name,
      isolation,
      ...rounded(phases),
      ...rounded(disposed.get(name)?.phases ?? {}),
    })),
  );

  const status = spawnSync(process.execPath, ["dist/cli.mjs", "status", "--json"], { encoding: "utf8" });
  const { server, units = [], homes = [] } = JSON.parse(status.stdout);
  console.log(bold("What is left"));
  const leased = units.filter(({ state }) => state === "leased");
  console.log(`  units handed out: ${leased.length} of ${created.length}`);
  console.log(`  units in the pool, proven pristine, for the next run: ${units.length - leased.length}`);
  console.log(`  homes, for the next run: ${homes.length}`);
  if (!process.env.TEST_DB_URL) {
    console.log(
      `  the embedded server${server ? `, ${server.at}` : ""}: stops by itself, with all it holds, when nobody has used it for 15 s`,
    );
  }
  if (leased.length > 0 || created.length !== disposed.size) {
    console.error("\nSomething was left behind.");
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {Record<string, number>} phases */
function rounded(phases) {
  return Object.fromEntries(Object.entries(phases).map(([phase, ms]) => [phase, Math.round(ms * 10) / 10]));
}
