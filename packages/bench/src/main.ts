/** `npm run bench`: starts the servers, measures, and says what was found beside what is to be reached. */
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type Bench, createBench } from "./bench.ts";
import type { Finding } from "./finding.ts";
import { verdictsOf } from "./goals.ts";
import { describeMachine } from "./machine.ts";
import { MEASURES, type Options, readOptions, USAGE } from "./options.ts";
import { installPeers } from "./peers.ts";
import { stepsOfMadeUp, stepsOfProject } from "./plan.ts";
import { chartOf } from "./report/chart.ts";
import { jsonOf } from "./report/json.ts";
import { pageOf } from "./report/page.ts";
import { textOf } from "./report/text.ts";
import { freshFolder, SETTINGS, type Server, startServer, useServer } from "./server.ts";
import { killWorkers } from "./worker-process.ts";

const DIST = import.meta.dirname;
const ROOT = join(DIST, "..", "..", "..");

const began = performance.now();
const options = readArguments();
const say = (text: string): void => {
  const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${text}\n`);
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const findings: Finding[] = [];
const failures: string[] = [];
const bench = createBench(options.quick, findings, say);
installLibrary();
const folder = freshFolder(join(DIST, "projects"));
const peers = await peersMissing();
if (peers !== undefined) say(`pgsql-test is not measured: ${peers}`);

const versions = new Set<string>();
for (const setting of options.url === undefined ? (["tmpfs", "disk"] as const) : (["given"] as const)) {
  const server = setting === "given" ? await useServer(options.url ?? "") : await startServer(setting, DIST);
  versions.add(server.version);
  try {
    await measureOn(bench, server);
  } finally {
    await server.stop();
  }
}

const verdicts = verdictsOf(findings);
const machine = describeMachine([...versions]);
const taken = (performance.now() - began) / 1000;
const result = { findings, verdicts, machine, taken, quick: options.quick, peers };
if (options.json) console.log(jsonOf(result));
else console.log(textOf(result));
const whole =
  failures.length === 0 &&
  !options.quick &&
  options.url === undefined &&
  options.project === undefined &&
  options.only.length === Object.keys(MEASURES).length;
const out = whole ? join(ROOT, "docs") : freshFolder(join(DIST, "report"));
writeFileSync(join(out, "performance.svg"), chartOf(findings));
writeFileSync(join(out, "performance.md"), pageOf(result));
say(`wrote ${join(out, "performance.md")} and performance.svg`);
for (const failure of failures) console.error(`FAILED: ${failure}; see above`);
process.exit(failures.length > 0 ? 1 : 0);

async function measureOn(to: Bench, server: Server): Promise<void> {
  const name = SETTINGS[server.setting];
  say(`PostgreSQL ${server.version} on ${name}`);
  const steps = options.project
    ? await stepsOfProject(to, server, options.project)
    : await stepsOfMadeUp(to, server, folder, peers === undefined);
  for (const [measure, here, run] of steps) {
    if (!here || !options.only.includes(measure)) continue;
    const before = findings.length;
    const start = performance.now();
    try {
      await run();
    } catch (error) {
      // the others are worth having all the same
      killWorkers();
      failures.push(`${measure} on ${name}`);
      say(`  ${measure} FAILED: ${error instanceof Error ? error.stack : error}`);
      continue;
    }
    const { tables } = findings[before] ?? { tables: 0 };
    say(`  ${measure}, ${tables} tables: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

/** Why those that are installed by the bench itself are not measured. */
async function peersMissing(): Promise<string | undefined> {
  if (options.project !== undefined) return "only Drizzle and databases are compared on a project of yours";
  return options.url === undefined ? await installPeers() : "it makes roles, which a server of yours would keep";
}

function readArguments(): Options {
  try {
    const read = readOptions(process.argv.slice(2));
    if (read !== "help") return read;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** As a user has it, in a node_modules: a copy, so that a build meanwhile does not change what is measured. */
function installLibrary(): void {
  if (!existsSync(join(ROOT, "dist", "index.mjs"))) throw new Error("npm run build comes first");
  const installed = freshFolder(join(DIST, "node_modules", "with-test-db"));
  for (const part of ["dist", "package.json"]) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
}
