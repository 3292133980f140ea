/** `with-test-db home`: homes as a file, so that CI restores them from its cache in the place of migrating. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { TestDbError, wordsOf } from "../errors.ts";
import { exportHomes } from "../home/file/export-homes.ts";
import { readHomeFile, writeHomeFile } from "../home/file/home-file.ts";
import { homeKey } from "../home/file/home-key.ts";
import { importHomes } from "../home/file/import-homes.ts";
import { readMigrations } from "../migrations/read-migrations.ts";
import { namedTarget, resolveServer } from "../server/resolve-server.ts";
import { describeTarget } from "../target/target.ts";
import { interruptible } from "./interruptible.ts";
import { busy } from "./progress.ts";
import { findMigrations, type ProjectFlags, projectOptions } from "./project.ts";
import { say, sayJson } from "./say.ts";
import { commandTarget, type ServerFlags, serverChoice } from "./server-command.ts";
import { several } from "./several.ts";

interface Flags extends ServerFlags, ProjectFlags {
  readonly also?: readonly string[];
}

export function addHome(program: Command): void {
  const home = program
    .command("home")
    .description("homes as a file, for the cache of CI")
    .addHelpText(
      "after",
      `
Examples:
  $ npx with-test-db home key --also test/setup.ts
  $ npx with-test-db home export homes.gz      after the tests
  $ npx with-test-db home import homes.gz      before them, where the cache has it`,
    );
  homeCommand(home, "key")
    .description("print a key for the cache: another one whenever the homes would be others")
    .option("--also <file>", "a file with prepare or seed in it; may be given more than once", several)
    .action(key);
  homeCommand(home, "export <file>")
    .description("write all whole homes of the migrations into a file")
    .action(exportTo);
  homeCommand(home, "import <file>")
    .description("make the homes of a file, whose SQL is run: trust it as you trust the migrations")
    .action(importFrom);
}

const homeCommand = (home: Command, name: string): Command =>
  projectOptions(
    home
      .command(name)
      .option("--url <url>", "the server (default: TEST_DB_URL, else the embedded one)")
      .option("--json", "as JSON"),
  );

async function key({ url, json, also, ...project }: Flags): Promise<void> {
  const migrations = readMigrations(await findMigrations(project));
  const value = homeKey(migrations, { files: also ?? [], target: namedTarget(serverChoice(url)) });
  if (json) sayJson({ key: value });
  else say(value);
}

async function exportTo(file: string, { url, json, ...project }: Flags): Promise<void> {
  const migrations = readMigrations(await findMigrations(project));
  const target = await commandTarget(url);
  if (!target) throw noHomes("there is no server: TEST_DB_URL is unset, and no embedded one is running");
  const found = await busy("reading homes", () => exportHomes(target, migrations));
  const homes = found.homes.map(({ name, isolation }) => ({ name, isolation }));
  if (homes.length === 0) throw noHomes(`no home on ${describeTarget(target)} is of ${migrations.folder}`);
  await write(file, writeHomeFile(found));
  if (json) sayJson({ file, homes });
  else say(...homes.map(({ name }) => `exported ${name}`));
}

async function importFrom(file: string, { url, json, ...project }: Flags): Promise<void> {
  const migrations = readMigrations(await findMigrations(project));
  const content = readHomeFile(await bytesOf(file), file);
  // as a test would: the embedded server is started
  const target = await resolveServer(serverChoice(url));
  const result = await busy("making homes", () =>
    interruptible((atEnd) => importHomes(target, migrations, content, atEnd)),
  );
  if (json) return sayJson({ server: describeTarget(target), ...result });
  say(
    ...result.imported.map((name) => `imported ${name}`),
    ...result.left.map((name) => `left ${name}, which is there already, or is being made`),
    ...result.skipped.map(({ name, why }) => `skipped ${name}: ${why}`),
  );
}

/** A cache must never see half of it, and two exports at once must not write into each other's. */
async function write(file: string, bytes: Buffer): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, bytes);
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => {});
    throw new TestDbError("HOME_FAILED", {
      what: `${file} could not be written`,
      why: wordsOf(cause),
      next: "name a file in a folder that may be written: npx with-test-db home export homes.gz",
      cause,
    });
  }
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new TestDbError("HOME_FAILED", {
      what: `No home was taken from ${file}`,
      why: wordsOf(cause),
      next: `run the tests, and: npx with-test-db home export ${file}`,
      cause,
    });
  }
}

const noHomes = (why: string): TestDbError =>
  new TestDbError("HOME_FAILED", {
    what: "Nothing was exported",
    why,
    next: "run the tests first, on the same server",
  });
