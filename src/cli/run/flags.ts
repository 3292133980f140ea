/** The flags of `run`: how they are written, and which go together. */
import { InvalidArgumentError } from "commander";
import { TestDbError } from "../../errors.ts";
import { isFlagName } from "../../guard/flag.ts";
import type { Isolation } from "../../options.ts";
import type { Shard } from "../../run/test-files.ts";
import { isUrlPart, type UrlPart } from "../../runners/environment.ts";
import type { ProjectFlags } from "../project.ts";

export type Variables = Readonly<Record<string, UrlPart>>;

export interface RunFlags extends ProjectFlags {
  readonly url?: string;
  readonly flag: string;
  readonly env?: Variables;
  readonly disposableDatabase?: true;
  readonly isolation?: Isolation;
  readonly prepare?: readonly string[];
  readonly seed?: readonly string[];
  readonly keep?: true;
  readonly perFile?: string;
  readonly jobs?: number;
  readonly shard?: Shard;
  readonly junit?: string;
  readonly json?: true;
}

/** `DATABASE_URL`, or `DB_HOST=host`; each adds a variable. */
export function variable(text: string, before: Variables = {}): Variables {
  const [name = "", part = "url"] = text.split(/=(.*)/s);
  if (!isFlagName(name)) throw new InvalidArgumentError("it is the name of a variable, or NAME=part.");
  if (!isUrlPart(part)) throw new InvalidArgumentError("a part is url, host, port, user, password or database.");
  return { ...before, [name]: part };
}

export function flagName(text: string): string {
  if (isFlagName(text)) return text;
  throw new InvalidArgumentError("it is the name of a variable.");
}

export function jobs(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("it is a number from 1.");
}

export function shard(text: string): Shard {
  const [index = 0, count = 0] = /^\d{1,6}\/\d{1,6}$/.test(text) ? text.split("/").map(Number) : [];
  if (index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError("it is i/n, with i from 1 to n.");
}

/** The variables that lead to the unit; undefined where the command gets no unit. */
export const unitVariables = ({ env, disposableDatabase }: RunFlags): Variables | undefined =>
  env ?? (disposableDatabase ? { DATABASE_URL: "url" } : undefined);

/** What says nothing without a unit, and what without files. */
const OF_UNIT = ["isolation", "migrations", "config", "prepare", "seed", "keep"] as const;
const OF_FILES = ["jobs", "shard", "junit"] as const;

/** @throws TestDbError `OPTION_INVALID` */
export function checkFlags(flags: RunFlags): void {
  const { isolation, disposableDatabase } = flags;
  const variables = unitVariables(flags);
  const isGiven = (name: keyof RunFlags): boolean => flags[name] !== undefined;
  const useless = variables ? undefined : OF_UNIT.find(isGiven);
  if (useless) {
    throw invalid(
      `--${useless} is about the command's own unit, and the command gets none`,
      "npx with-test-db run --env DATABASE_URL … -- npm test",
    );
  }
  const leads = Object.values(variables ?? { DATABASE_URL: "url" }).some(
    (part) => part === "url" || part === "database",
  );
  if (!leads) {
    throw invalid(
      "No --env says which database is the unit, so that the command would use another one of that server",
      "--env DATABASE_URL, or --env DB_NAME=database beside the others",
    );
  }
  const ofFiles = flags.perFile === undefined ? OF_FILES.find(isGiven) : undefined;
  if (ofFiles) {
    throw invalid(
      `--${ofFiles} is about test files, and without --per-file the command is run once`,
      ofFiles === "junit"
        ? "the runner's own reporter for JUnit, or --per-file 'test/**/*.test.ts'"
        : `the runner's own option, as vitest's and jest's ${ofFiles === "jobs" ? "--maxWorkers" : "--shard"}; or --per-file 'test/**/*.test.ts'`,
    );
  }
  if (isolation === "schema" && disposableDatabase)
    throw invalid("--disposable-database makes a database, and --isolation asks for a schema", "leave one of them out");
  const apart = Object.entries(variables ?? {}).find(([, part]) => part !== "url");
  if (isolation === "schema" && apart) {
    throw invalid(
      `--env ${apart.join("=")} takes the unit's URL apart, and a schema is in none of its parts`,
      "--isolation database",
    );
  }
}

const invalid = (what: string, next: string): TestDbError => new TestDbError("OPTION_INVALID", { what, next });
