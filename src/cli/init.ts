/** `with-test-db init`: writes what a project lacks for its first integration test. What is there stays as it is. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { planFiles } from "./init/plan-files.ts";
import { planNext } from "./init/plan-next.ts";
import { RUNNERS, type Runner, readProject } from "./init/read-project.ts";
import { say, sayJson } from "./say.ts";

interface Flags {
  readonly runner?: Runner;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addInit(program: Command): void {
  program
    .command("init")
    .description("write the first integration test of the project in this folder, and what it needs")
    .addOption(new Option("--runner <runner>", "the test runner (default: that of package.json)").choices(RUNNERS))
    .option("--dry-run", "say what would be written")
    .option("--json", "as JSON")
    .action(run);
}

async function run({ runner, dryRun = false, json }: Flags): Promise<void> {
  const project = await readProject(process.cwd(), runner);
  const { files, there } = planFiles(project);
  if (!dryRun) {
    for (const { path, text, isChange } of files) {
      await mkdir(dirname(join(project.folder, path)), { recursive: true });
      await writeFile(join(project.folder, path), text, { flag: isChange ? "w" : "wx" });
    }
  }
  const written = files.map(({ path }) => path);
  const { notes, next } = planNext(project);
  if (json) return sayJson({ dryRun, runner: project.runner, written, there, notes, next });
  const verb = dryRun ? "would write" : "wrote";
  say(
    ...files.map(({ path, why }) => `${verb} ${path}: ${why}`),
    ...(files.length === 0 ? ["nothing is missing"] : []),
    ...there.map((what) => `left as it is: ${what}`),
    ...notes.map((note) => `note: ${note}`),
    "",
    "next:",
    ...next.map((line) => `  ${line}`),
  );
}
