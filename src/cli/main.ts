#!/usr/bin/env node
/** The command line: `with-test-db <command>`. */
import { Command } from "commander";
import { TestDbError } from "../errors.ts";
import { addStatus } from "./status.ts";
import { addSweep } from "./sweep.ts";

const program = new Command("with-test-db")
  .description("What withTestDb() has on a server: look at it, and tidy up.")
  .showHelpAfterError();
addStatus(program);
addSweep(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(
    `${error instanceof TestDbError ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
}
