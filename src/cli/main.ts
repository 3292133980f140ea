#!/usr/bin/env node
/** The command line: `with-test-db <command>`. */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { loadDriver } from "../drivers/load-driver.ts";
import { partsOf, printableLines, TestDbError, type TestDbErrorParts, wordsOf } from "../errors.ts";
import { GROUPS } from "./commands.ts";
import { readEnvFile } from "./env-file.ts";
import { FAILED } from "./exit-codes.ts";
import { endOnSignals } from "./interruptible.ts";
import { sayJson } from "./say.ts";

const EXIT_CODES = `
Exit codes:
  0  it was done
  1  something was found
  2  it could not be done`;

const { version } = createRequire(import.meta.url)("with-test-db/package.json") as { version: string };

async function main(): Promise<void> {
  const program = new Command("with-test-db")
    .description("A throwaway schema for every test suite: the commands beside the tests.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(see npx with-test-db help)")
    .addHelpText("after", EXIT_CODES);
  if (isJson) program.configureOutput({ writeErr: () => {} });
  readEnvFile();
  const called = process.argv[2] ?? "";
  const isKnown = Object.values(GROUPS).some((commands) => Object.hasOwn(commands, called));
  for (const [group, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(group);
    for (const [name, load] of Object.entries(commands)) {
      if (name === called) (await loadDriver(load))(program);
      // the help tells of a command that lacks a package, too
      else if (!isKnown)
        await loadDriver(load).then(
          (add) => add(program),
          (error) => addMissing(program, name, error),
        );
    }
  }
  await program.parseAsync();
}

function addMissing(program: Command, name: string, error: unknown): void {
  if (!(error instanceof TestDbError)) throw error;
  const { next = "" } = partsOf.get(error) ?? {};
  program.command(name).description(`(needs a package: ${next})`);
}

/** What follows `--` is another program's. */
const own = process.argv.includes("--") ? process.argv.slice(0, process.argv.indexOf("--")) : process.argv;
const isJson = own.includes("--json");

/** A failure is JSON where that was asked for, in the place of what was asked for. */
function sayFailure(error: unknown): void {
  if (isJson) {
    const known = error instanceof TestDbError ? error : undefined;
    const parts: Partial<TestDbErrorParts> = (known && partsOf.get(known)) ?? {};
    const { what = wordsOf(error).replace(/^error: /, ""), why = null, next = null } = parts;
    sayJson({ error: { code: known?.code ?? null, what, why, next } });
    return;
  }
  // commander has said it
  if (error instanceof CommanderError) return;
  const words = error instanceof TestDbError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`${printableLines(`${words}`)}\n`);
}

endOnSignals();
try {
  await main();
} catch (error) {
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (!isHelp) {
    process.exitCode ??= FAILED;
    sayFailure(error);
  }
}
