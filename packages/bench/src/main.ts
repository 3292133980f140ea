/** `npm run bench`: starts the servers, measures, and says what was found beside what is to be reached. */
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createBench } from "./bench.ts";
import type { Finding } from "./finding.ts";
import { verdictsOf } from "./goals.ts";
import { describeMachine } from "./machine.ts";
import { MEASURES, type Measure, type Options, readOptions, USAGE } from "./options.ts";
import { installPeers } from "./peers.ts";
import { type Step, setScene, stepsOfMadeUp, stepsOfProject } from "./plan.ts";
import { readProject } from "./real-project.ts";
import { chartOf } from "./report/chart.ts";
import { jsonOf } from "./report/json.ts";
import { figuresPageOf, pageOf } from "./report/page.ts";
import { textOf } from "./report/text.ts";
import { freshFolder, SETTINGS, type Server, type Setting, startServer, useServer } from "./server.ts";
import { setStage } from "./stage.ts";
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
const leftOut = new Set<string>();
const takenBy: Record<string, number> = {};
const bench = createBench(options.quick, findings, leftOut, say);
installLibrary();
const folder = freshFolder(join(DIST, "projects"));
const peersMissing = options.only.includes("lives") ? await whyPeersAreMissing() : undefined;
if (peersMissing !== undefined) bench.leaveOut("pgsql-test", peersMissing);

const versions = new Set<string>();
for (const setting of options.url === undefined ? (["tmpfs", "disk"] as const) : (["given"] as const)) {
  const { project } = options;
  if (project === undefined) {
    const steps = stepsOfMadeUp(bench, setting, peersMissing === undefined);
    await measureOn(setting, steps, (server) => setScene(server, folder));
  } else {
    await measureOn(setting, stepsOfProject(bench, setting), (server) => setStage(server, readProject(project)));
  }
}

const verdicts = verdictsOf(findings);
const machine = describeMachine([...versions]);
const taken = (performance.now() - began) / 1000;
const result = { findings, verdicts, machine, taken, takenBy, quick: options.quick, leftOut: [...leftOut] };
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
writeFileSync(join(out, "performance-figures.md"), figuresPageOf(result));
say(`wrote ${join(out, "performance.md")}, performance-figures.md and performance.svg`);
for (const failure of failures) console.error(`FAILED: ${failure}; see above`);
process.exit(failures.length > 0 ? 1 : 0);

async function measureOn<On>(
  setting: Setting,
  steps: readonly Step<On>[],
  prepare: (server: Server) => Promise<On>,
): Promise<void> {
  const wanted = steps.filter(([measure, here]) => here && options.only.includes(measure));
  if (wanted.length === 0) return;
  const server = setting === "given" ? await useServer(options.url ?? "") : await startServer(setting, DIST);
  versions.add(server.version);
  const name = SETTINGS[setting];
  say(`PostgreSQL ${server.version} on ${name}`);
  try {
    const on = await prepare(server);
    for (const [measure, , run] of wanted) await measureStep(measure, name, () => run(on));
  } finally {
    await server.stop();
  }
}

async function measureStep(measure: Measure, name: string, run: () => Promise<void>): Promise<void> {
  const before = findings.length;
  const start = performance.now();
  try {
    await run();
  } catch (error) {
    // the others are worth having all the same
    killWorkers();
    failures.push(`${measure} on ${name}`);
    return say(`  ${measure} FAILED: ${error instanceof Error ? error.stack : error}`);
  }
  const seconds = (performance.now() - start) / 1000;
  takenBy[measure] = (takenBy[measure] ?? 0) + seconds;
  const { tables } = findings[before] ?? {};
  if (tables) say(`  ${measure}, ${tables} tables: ${seconds.toFixed(1)} s`);
}

/** Why those that are installed by the bench itself are not measured. */
async function whyPeersAreMissing(): Promise<string | undefined> {
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
