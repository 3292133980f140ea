/** The flags of `npm run bench`. */
import { parseArgs } from "node:util";

export const MEASURES = {
  later: "second and later calls in one process",
  first: "the first call of a process",
  lives: "a suite's whole life, against all others",
  database: "a suite's whole life in a database of its own",
  processor: "processor time of a warm life, client and server",
  throughput: "lives a second, with 1, 2 and 4 processes a core",
  history: "300 migrations against 35, on equal tables",
  cold: "the first call ever, and new units, against one bare migrate()",
  between: "reset() against TRUNCATE, and the round trips of rollback()",
  crowd: "a warm call with many other units alive",
  memory: "memory after import and a warm call",
  suite: "a suite of many files under vitest, against one shared schema",
} as const;
export type Measure = keyof typeof MEASURES;

/** What can be measured of any project. The others need to know its tables. */
export const OF_PROJECT = [
  "later",
  "first",
  "processor",
  "throughput",
  "lives",
  "database",
  "cold",
] as const satisfies Measure[];

export interface Options {
  readonly json: boolean;
  readonly quick: boolean;
  readonly only: readonly Measure[];
  readonly url: string | undefined;
  /** A real project's migrations. */
  readonly project: string | undefined;
}

export const USAGE: string = `npm run bench -- [--quick] [--json] [--only <name>]… [--url <server>] [--project <folder>]

  --quick        few rounds: to see that it runs and where it stands, not to quote
  --json         every sample and every figure, on stdout
  --only <name>  one measurement; can be given more than once:
${Object.entries(MEASURES)
  .map(([name, what]) => `                   ${name.padEnd(11)} ${what}`)
  .join("\n")}
  --url <url>    a server of yours, with a user that may create databases, instead of two that are started for it
  --project <folder>
                 a project of yours instead of those that are made up, by its migrations: for ${OF_PROJECT.join(", ")}
  --help

A whole run without --quick, --only, --url and --project writes docs/performance.md, docs/performance-figures.md and docs/performance.svg.`;

/** @throws Error where a flag is not known */
export function readOptions(argv: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      url: { type: "string" },
      project: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  for (const name of values.only) {
    if (!Object.hasOwn(MEASURES, name)) throw new Error(`--only ${name}: one of ${Object.keys(MEASURES).join(", ")}`);
  }
  const { json, quick, url, project } = values;
  const possible: readonly string[] = project === undefined ? Object.keys(MEASURES) : OF_PROJECT;
  const only = (values.only.length > 0 ? values.only : possible) as Measure[];
  const impossible = only.find((name) => !possible.includes(name));
  if (impossible) throw new Error(`--only ${impossible}: of a project, ${possible.join(", ")}`);
  return { json, quick, only, url, project };
}
