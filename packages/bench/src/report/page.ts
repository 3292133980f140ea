/** docs/performance.md, and the figures on a page of their own. */
import { CONTENDERS } from "../contenders/index.ts";
import type { Finding } from "../finding.ts";
import { MEASURES, type Measure } from "../options.ts";
import { SETTINGS } from "../server.ts";
import { linesOf, type Result } from "./result.ts";
import { phasesOf } from "./text.ts";

export function pageOf(result: Result): string {
  const { machine, taken, quick, leftOut } = result;
  return `# Performance

${quick ? "> From a quick run: too few rounds to quote.\n\n" : ""}![What a suite's database costs: time, processor time, and how many there are a second](performance.svg)

Isolation should cost so little that nobody shares a database between suites to save time. This page is written by the
benchmark, \`packages/bench\`; the figures are of one run of it. All of them, and what is to be reached, are in
[performance, the figures](performance-figures.md).

## Repeat it

\`\`\`sh
npm ci
npm run bench                    # about ${Math.max(1, Math.ceil(taken / 60))} minutes; writes this page, its chart and its figures
npm run bench -- --quick         # three minutes; to see where it stands, not to quote
npm run bench -- --only later    # one measurement; --help lists them
npm run bench -- --json > figures.json
npm run bench -- --url postgres://user:password@127.0.0.1:5432/test   # a server of yours
npm run bench -- --project ../shop/drizzle   # a project of yours, by its migrations
\`\`\`

${Object.entries(machine)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join("\n")}

## How it is measured

- **One run, one server, interleaved.** Ways that are compared take turns, A B C B C A C A B, in front of the same server,
  with databases of their own. What else the machine does, it does to all of them.
- **Two settings.** \`${SETTINGS.tmpfs}\`: as our embedded server is (data in /dev/shm, no fsync). \`${SETTINGS.disk}\`: as initdb
  leaves a server, data on a disk. Both are started for the run, and removed with all they held.
- **Whole lives.** From nothing to the answer to one query (\`count(*)\` of a table with the migrations' rows in it, checked)
  to nothing: what was opened is closed, what was made is dropped. Modules are loaded before, those too that are loaded in
  the background once they were imported; a first call that does not wait for them, and whole processes, are measured as well.
- **What is left for the background is not hidden.** A unit that comes back is proven pristine while its last user goes on.
  Nobody else is measured meanwhile; lives in a row without a pause, where the next one pays for it, are measured as well,
  by the clock and by their number a second, and so is the processor time of all that is done for a life.
- **Processor time**, user and system, of both sides, added up. The client's is \`process.cpuUsage()\` inside the process, from
  before the life until the server is at rest: what starting the process and loading modules takes is not in it. The server's
  is that of all its processes in /proc, before and after a number of lives, divided by it. The postmaster's \`cutime\` and
  \`cstime\` have those that have ended; the benchmark's own connection is left out. It is read when no process of the server
  begins, ends or works any more, so that proofs and checkpoints are in it. First lives are those of fresh processes, to the
  end of their connections; later ones are begun when the server is at rest. What the same takes without a life is
  subtracted. Linux only.
- **Lives a second.** 1, 2 and 4 processes for each core, of which four are used at the most, live one life after another
  without a pause, on one server, until the time is over. A life counts once its query's answer was checked; a process divides
  their number by the time until the end of its last one. Each way has run unmeasured before, with all processes at once.
- **Medians**, with quartiles and the median absolute deviation (MAD).
- **The projects are made up**, by \`src/project-model.ts\`: enums, foreign keys, indexes, checks, identity, serial and uuid
  keys, defaults, views, a trigger function, rows. They work under a \`search_path\`, which most real histories don't, so
  that \`migrate()\` into a schema can be compared at all. Three of them: 30 tables in 35 migrations, 110 tables in 300, and
  the same 110 tables in 35.
- **The others in their best form.** Those that make databases have an open connection to do it by, for free. The template and
  the shared schema are migrated before, for free. pgsql-test clones a template, too.

| | |
|---|---|
${Object.values(CONTENDERS)
  .map((words) => `| ${words} | ${EXPLAINED[words] ?? ""} |`)
  .join("\n")}

${leftOut.map((words) => `${words}.\n`).join("")}drizzle-orm-test was not measured: npm had no package of that name.
`;
}

/** Every figure, and the goals. */
export const figuresPageOf = (result: Result): string => `# Performance: the figures

[Performance](performance.md) has the chart, and says how these were measured.

## Goals

${goalTable(result)}

In parentheses: the interval in which the ratio lies in 95 of 100 runs like this one, bootstrapped over rounds. Lines
without a goal are figures that matter as much, and for which none is set yet.

## Figures

${(Object.keys(MEASURES) as Measure[])
  .filter((measure) => result.findings.some((finding) => finding.measure === measure))
  .map((measure) => section(result, measure))
  .join("\n\n")}
`;

const capital = (words: string): string => words.replace(/^./, (letter) => letter.toUpperCase());

const EXPLAINED: Readonly<Record<string, string>> = {
  [CONTENDERS.bare]: "on a database that is migrated; no way can be faster that opens a client of its own",
  [CONTENDERS.bareTuned]: "the same without the round trip that fetches array types",
  [CONTENDERS.shared]: "the same with `drizzle()` around it; suites see each other's rows",
  [CONTENDERS.ours]: "`withTestDb()`, the query, `dispose()`; home and pool are warm, unless said otherwise",
  [CONTENDERS.oursDatabase]: "the same, where the unit is a database",
  [CONTENDERS.oursNew]: "a new unit in the home, and dropped at the end",
  [CONTENDERS.migrateSchema]:
    "one connection: `create schema`, `migrate()` under a `search_path`, `drop schema … cascade`",
  [CONTENDERS.migrateDatabase]: "`create database`, connect, `migrate()`, `drop database`",
  [CONTENDERS.bareMigrate]: "connect and `migrate()`; what the project costs by itself",
  [CONTENDERS.template]: "clone, connect, `drop database`",
  [CONTENDERS.templateFileCopy]:
    "the same; the server copies files and makes checkpoints instead of logging every block",
  [CONTENDERS.pglite]: "`PGlite.create()`, `migrate()`, `close()`; Postgres as WebAssembly, one backend, no server",
  [CONTENDERS.pgsqlTest]: "`getConnections()` and `teardown()`; it runs `createdb` and `dropdb`",
};

const goalTable = ({ verdicts }: Result): string =>
  [
    "| | where | goal | measured | |",
    "|---|---|---|---|---|",
    ...verdicts.map(
      ({ goal, where, wanted, measured, met }) =>
        `| ${goal} | ${where} | ${wanted} | ${measured} | ${met === undefined ? "" : met ? "met" : "**missed**"} |`,
    ),
  ].join("\n");

function section({ findings }: Result, measure: Measure): string {
  const own = findings.filter((finding) => finding.measure === measure);
  return [`### ${capital(MEASURES[measure])}`, ...own.map(tableOf)].join("\n\n");
}

function tableOf(finding: Finding): string {
  const { part, tables, migrations, setting, phases, shares = {} } = finding;
  const columns = ["", "median", "quartiles", "MAD", "rounds", "times ours", ...Object.keys(shares)];
  const rows = linesOf(finding).map(({ label, median, quartiles, mad, rounds, times, shares }) => [
    ...[label, median, quartiles, mad, `${rounds}`, times],
    ...Object.values(shares),
  ]);
  return [
    `**${part ? `${capital(part)}; ` : ""}${tables} tables, ${migrations} migrations; ${SETTINGS[setting]}**`,
    "",
    ...[columns, columns.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`),
    ...(phases ? ["", `Where ours went, milliseconds: ${phasesOf(phases)}.`] : []),
  ].join("\n");
}
