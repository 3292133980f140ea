/** `with-test-db rehearse`: runs the pending migrations on a copy of a restored snapshot, and says what they would do to production. */
import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { TestDbError, wordsOf } from "../errors.ts";
import { newMigrations } from "../migrations/new-migrations.ts";
import { type Migration, type Migrations, readMigrations } from "../migrations/read-migrations.ts";
import { nearest } from "../nearest.ts";
import { readChecks } from "../rehearse/checks.ts";
import { rehearse } from "../rehearse/rehearse.ts";
import { reportPage } from "../rehearse/report/page.ts";
import { resolveServer } from "../server/resolve-server.ts";
import { targetUrl } from "../target/connection-url.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { FOUND } from "./exit-codes.ts";
import { interruptible } from "./interruptible.ts";
import { busy } from "./progress.ts";
import { findProject, type ProjectFlags, projectOptions } from "./project.ts";
import { reportLines } from "./rehearse/report-lines.ts";
import { say, sayJson, sayStyled } from "./say.ts";
import { annotate } from "./say-findings.ts";
import { commandTarget, serverChoice } from "./server-command.ts";
import { several } from "./several.ts";

interface Flags extends ProjectFlags {
  readonly url?: string;
  readonly from?: string;
  readonly base?: string;
  readonly rows: number;
  readonly check?: readonly string[];
  readonly maxLock: number;
  readonly maxRows: number;
  readonly keep?: boolean;
  readonly html?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  createdb snapshot && pg_restore --no-owner -d snapshot app.dump
  npx with-test-db rehearse --url postgres://localhost/snapshot --html rehearsal.html
  npx with-test-db rehearse --url postgres://localhost/snapshot --check checks/orders.sql --max-lock 200
  npx with-test-db rehearse --from 0007_add_teams`;

export function addRehearse(program: Command): void {
  const command = program
    .command("rehearse")
    .description(
      "run the pending migrations on a copy of a restored snapshot, and tell what they lock, rewrite and change",
    )
    .option("--url <url>", "the database with the restored snapshot, which is only read (default: made-up rows)");
  projectOptions(command)
    .option("--check <file>", "SQL queries whose rows are findings; may be repeated", several)
    .option("--max-lock <ms>", "how long a lock may keep others from a table", count, 1_000)
    .option("--max-rows <count>", "how many rows of a table may be rewritten, or changed at once", count, 1_000)
    .addOption(
      madeUpOption("--from <migration>", "the first new migration (default: those that the base branch lacks)"),
    )
    .addOption(
      madeUpOption("--base <ref>", "that branch (default: the pull request's, else origin/HEAD, main or master)"),
    )
    .addOption(madeUpOption("--rows <count>", "how many rows each table gets").argParser(count).default(10_000))
    .option("--keep", "leave the migrated copy in place")
    .option("--html <file>", "write a page with a picture of time and locks")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

/** What a snapshot decides otherwise. */
const madeUpOption = (flags: string, description: string): Option =>
  new Option(flags, `without --url: ${description}`).conflicts("url");

async function run(flags: Flags): Promise<void> {
  const checks = readChecks(flags.check ?? []);
  const isSnapshot = flags.url !== undefined;
  const target = await targetOf(flags.url);
  const { folder, journal } = await findProject(flags);
  const migrations = readMigrations(folder);
  const madeUp = isSnapshot ? undefined : { isNew: await newOnes(migrations, flags), rows: flags.rows };
  const limits = { maxLock: flags.maxLock, maxRows: flags.maxRows };
  const request = { target, migrations, journal, madeUp, checks, limits, keep: flags.keep ?? false };
  const rehearsed = await interruptible((atEnd) => busy("rehearsing", (now) => rehearse(request, atEnd, now)));
  if (!rehearsed) {
    if (flags.json) return sayJson({ pending: 0, findings: [] });
    return say(`nothing is pending in ${describeTarget(target)}`);
  }
  const { rehearsal, kept } = rehearsed;
  if (flags.html !== undefined) write(flags.html, reportPage(rehearsal));
  if (rehearsal.findings.length > 0) process.exitCode = FOUND;
  if (flags.json)
    return sayJson({ pending: rehearsal.migrations.length, ...rehearsal, kept: kept ? kept.database : null });
  sayStyled(...reportLines(rehearsal));
  annotate(rehearsal.findings);
  if (flags.html !== undefined) say("", `the page with the picture: ${flags.html}`);
  if (kept)
    say(
      "",
      `kept as ${kept.database}, until npx with-test-db sweep --all, or for a week:`,
      `  psql ${targetUrl({ ...kept, password: undefined })}`,
    );
}

/** The snapshot; else the server that all commands use, which is started where it is the embedded one. */
async function targetOf(url: string | undefined): Promise<Target> {
  const named = url === undefined ? undefined : await commandTarget(url);
  return named ?? resolveServer(serverChoice(undefined));
}

async function newOnes({ list, ...migrations }: Migrations, { from, base }: Flags): Promise<ReadonlySet<Migration>> {
  if (from !== undefined) {
    const named = list.findIndex(({ tag }) => tag === from);
    const at = named >= 0 ? named : list.findIndex(({ tag }) => tag.startsWith(`${from}_`));
    if (at >= 0) return new Set(list.slice(at));
    const tags = list.map(({ tag }) => tag);
    throw new TestDbError("OPTION_INVALID", {
      what: `There is no migration ${from} in ${migrations.folder}`,
      why: `the last ones are ${tags.slice(-5).join(", ")}`,
      next: `npx with-test-db rehearse --from ${nearest(from, tags) ?? tags.at(-1)}`,
    });
  }
  const found = await newMigrations({ ...migrations, list }, base);
  if (!("why" in found)) return new Set(found.list);
  throw new TestDbError("OPTION_INVALID", {
    what: "Which migrations are new can't be told",
    why: found.why,
    next: `${found.next}; or name the first one: npx with-test-db rehearse --from ${list.at(-1)?.tag}`,
  });
}

function write(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The page ${file} of --html cannot be written`,
      why: wordsOf(cause),
      next: "name a file in a folder that is there: --html rehearsal.html",
      cause,
    });
  }
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("it is a whole number.");
}
