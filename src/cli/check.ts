/** `with-test-db check`: whether the schema, the migrations and their journal agree, and the history replays. */
import type { Command } from "commander";
import type { Answer, Question } from "../check/answer.ts";
import { check } from "../check/check.ts";
import { findConfig } from "../drizzle-kit/find-drizzle-kit.ts";
import { printable } from "../errors.ts";
import { FAILED, FOUND } from "./exit-codes.ts";
import { interruptible } from "./interruptible.ts";
import { busy } from "./progress.ts";
import { findMigrations, type ProjectFlags, projectOptions } from "./project.ts";
import { sayJson, sayStyled, styled } from "./say.ts";
import { annotate, linesOf } from "./say-findings.ts";
import { serverChoice } from "./server-command.ts";
import { several } from "./several.ts";

interface Flags extends ProjectFlags {
  readonly base?: string;
  readonly url?: string;
  readonly prepare?: readonly string[];
  readonly replay: boolean;
  readonly json?: boolean;
}

/** How long a statement of a migration may take, in milliseconds: nobody waits in front of it. */
const STATEMENT = 300_000;

const EXAMPLES = `
Examples:
  $ npx with-test-db check                            all four questions
  $ npx with-test-db check --no-replay                without a server
  $ npx with-test-db check --prepare test/roles.sql   with what the migrations expect to find
`;

export function addCheck(program: Command): void {
  projectOptions(program.command("check"))
    .description(
      "do schema and migrations agree, does the history replay, is the journal in order, are branches in conflict",
    )
    .option("--base <ref>", "the branch that the work goes into (default: the pull request's, else main)")
    .option("--url <url>", "the server for the replay (default: TEST_DB_URL, else the embedded one)")
    .option("--prepare <file>", "SQL that the migrations expect to have run; may be repeated", several)
    .option("--no-replay", "don't replay the history")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run({ base, url, prepare = [], replay, json, ...project }: Flags): Promise<void> {
  const { migrationsFolder, ...checked } = await busy("checking the migrations", () =>
    interruptible(async (atEnd) => {
      const migrationsFolder = await findMigrations(project);
      const config = project.config ?? findConfig(process.cwd());
      const server = replay && serverChoice(url);
      const request = { migrationsFolder, config, base, server, prepare, deadline: STATEMENT, atEnd };
      return { migrationsFolder, ...(await check(request)) };
    }),
  );
  process.exitCode = codeOf(checked.answers);
  if (json) return sayJson({ migrations: migrationsFolder, base: checked.base ?? null, answers: checked.answers });
  sayStyled(...checked.answers.flatMap(linesOfAnswer));
  annotate(checked.answers.flatMap(({ findings }) => findings));
}

function codeOf(answers: readonly Answer[]): number {
  const has = (status: Answer["status"]): boolean => answers.some((answer) => answer.status === status);
  return has("failed") ? FAILED : has("found") ? FOUND : 0;
}

const QUESTIONS: Readonly<Record<Question, string>> = {
  schema: "Do the schema and the migrations agree?",
  replay: "Does the history replay from nothing?",
  journal: "Is the journal in order?",
  branches: "Are two branches' migrations out of each other's way?",
};

const STYLES = { ok: "green", found: "red", failed: "red", "not asked": "yellow" } as const;
const WIDTH = "not asked".length;

function linesOfAnswer({ question, status, findings, why, next }: Answer): string[] {
  const notes = (why ?? "").split("\n").filter(Boolean);
  return [
    `${styled(STYLES[status], status.padEnd(WIDTH))}  ${QUESTIONS[question]}`,
    ...[
      ...findings.flatMap(linesOf),
      ...notes.map(printable),
      ...(next ? [`${styled("dim", "next:")} ${printable(next)}`] : []),
    ].map((line) => `${" ".repeat(WIDTH + 2)}${line}`),
  ];
}
