/** `with-test-db doctor`: looks at all that a suite needs, and says what is missing. */
import type { Command } from "commander";
import { examine, type Section } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { printable } from "../errors.ts";
import { FOUND } from "./exit-codes.ts";
import { busy } from "./progress.ts";
import { findMigrations, type ProjectFlags, projectOptions } from "./project.ts";
import { sayJson, sayStyled, styled } from "./say.ts";
import { serverChoice } from "./server-command.ts";

const EXAMPLES = `
Examples:
  npx with-test-db doctor
  npx with-test-db doctor --build
  npx with-test-db doctor --url postgres://postgres@127.0.0.1:5432/test --json

Exit code: 1 where something would stop a suite, else 0. Notes do not count.`;

interface Flags extends ProjectFlags {
  readonly url?: string;
  readonly build?: boolean;
  readonly json?: boolean;
}

export function addDoctor(program: Command): void {
  projectOptions(program.command("doctor"))
    .description("look at all that a suite needs: the flag, packages, migrations, the server")
    .option("--url <url>", "the server (default: TEST_DB_URL, else the embedded one)")
    .option(
      "--build",
      "start the embedded server, and run the migrations in a database of our own, if that was not done yet",
    )
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run({ url, build = false, json, ...project }: Flags): Promise<void> {
  const subject = {
    ...{ folder: process.cwd(), server: serverChoice(url), environment: process.env, build },
    findMigrations: () => findMigrations(project),
  };
  const sections = await busy("looking", (now) => examine(subject, now));
  const [problems, notes] = [count(sections, "problem"), count(sections, "note")];
  if (problems > 0) process.exitCode = FOUND;
  if (json) {
    const findings = sections.flatMap(({ about, findings }) => findings.map((finding) => ({ about, ...finding })));
    return sayJson({ ok: problems === 0, problems, notes, findings });
  }
  sayStyled(...sections.flatMap(linesOf), "", sumOf(problems, notes));
}

const count = (sections: readonly Section[], level: Finding["level"]): number =>
  sections.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length;

const MARKS: Readonly<Record<Finding["level"], string>> = {
  ok: styled("green", "ok"),
  note: styled("yellow", "note"),
  problem: styled("red", "PROBLEM"),
};

const linesOf = ({ about, findings }: Section): string[] => [
  styled("bold", about),
  ...findings.flatMap(({ level, what, why, next }) => [
    `  ${MARKS[level]}  ${printable(what)}`,
    ...indented("why: ", why),
    ...indented("next:", next),
  ]),
];

function indented(mark: string, text: string | undefined): string[] {
  const [first, ...others] = text?.split("\n") ?? [];
  if (first === undefined) return [];
  return [`    ${styled("dim", mark)} ${printable(first)}`, ...others.map((line) => `          ${printable(line)}`)];
}

function sumOf(problems: number, notes: number): string {
  const noted = notes === 0 ? "" : notes === 1 ? ", and 1 note" : `, and ${notes} notes`;
  if (problems === 0) return `${styled("green", "nothing would stop a suite")}${noted}`;
  return `${styled("red", `${problems} ${problems === 1 ? "problem" : "problems"}`)}${noted}`;
}
