/** `with-test-db lint`: squawk over new migrations. */
import type { Command } from "commander";
import type { Finding } from "../findings/finding.ts";
import { chooseFiles } from "../lint/choose-files.ts";
import { runSquawk } from "../lint/run-squawk.ts";
import { NOT_RUN, readMigrations } from "../migrations/read-migrations.ts";
import { FOUND } from "./exit-codes.ts";
import { busy } from "./progress.ts";
import { findMigrations, type ProjectFlags, projectOptions } from "./project.ts";
import { say, sayJson, sayStyled } from "./say.ts";
import { annotate, linesOf } from "./say-findings.ts";

interface Flags extends ProjectFlags {
  readonly all?: boolean;
  readonly base?: string;
  readonly pgVersion?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ npx with-test-db lint                      what this branch adds
  $ npx with-test-db lint --base origin/main   what is not on that branch
  $ npx with-test-db lint 0007_add_teams       one migration

A comment above a statement accepts what was found: -- squawk-ignore ban-drop-column
`;

export function addLint(program: Command): void {
  projectOptions(program.command("lint [migrations...]"))
    .description("look for locks, rewrites and broken clients in new migrations, with squawk")
    .option("--base <ref>", "new is what is not on this branch or commit (default: the pull request's, else main)")
    .option("--all", "all migrations, not only new ones")
    .option("--pg-version <version>", "of the server that they are for (default: .squawk.toml, else squawk's)")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(names: readonly string[], { all = false, base, pgVersion, json, ...project }: Flags): Promise<void> {
  const looked = await busy("looking at the migrations", async () => {
    const migrations = readMigrations(await findMigrations(project), NOT_RUN);
    const chosen = await chooseFiles(migrations, { names, all, base });
    return { ...chosen, findings: await runSquawk(chosen.files, { pgVersion }) };
  });
  const { files, findings } = looked;
  if (findings.length > 0) process.exitCode = FOUND;
  if (json) return sayJson({ base: looked.base ?? null, files, findings });
  for (const finding of findings) sayStyled(...linesOf(finding), "");
  say(summary(files, looked.base, findings));
  annotate(findings);
}

function summary(files: readonly string[], base: string | undefined, findings: readonly Finding[]): string {
  const kind = base === undefined ? "migration" : "new migration";
  const looked = `${files.length} ${kind}${files.length === 1 ? "" : "s"}${base === undefined ? "" : `, which ${base} does not have`}`;
  if (findings.length === 0) return `${looked}: nothing was found`;
  const hit = new Set(findings.map(({ file }) => file)).size;
  return `${looked}: ${findings.length} ${findings.length === 1 ? "finding" : "findings"} in ${hit}`;
}
