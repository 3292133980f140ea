#!/usr/bin/env node
/** The command line: `with-test-db <command>`. */
import { createRequire } from "node:module";
import { Command } from "commander";
import { loadDriver } from "../drivers/load-driver.ts";
import { printableLines, TestDbError } from "../errors.ts";
import { addInit } from "./init.ts";

const { version } = createRequire(import.meta.url)("with-test-db/package.json") as { version: string };
const program = new Command("with-test-db")
  .description("What withTestDb() has on a server: look at it, look into it, and tidy up.")
  .version(version)
  .showHelpAfterError();

try {
  addInit(program);
  // a project that is only about to begin has no driver
  if (process.argv[2] !== "init") {
    await loadDriver(async () => {
      (await import("./status.ts")).addStatus(program);
      (await import("./sweep.ts")).addSweep(program);
      (await import("./psql.ts")).addPsql(program);
      (await import("./studio.ts")).addStudio(program);
      (await import("./url.ts")).addUrl(program);
      (await import("./drop.ts")).addDrop(program);
    });
  }
  await program.parseAsync();
} catch (error) {
  process.exitCode = 1;
  const words = error instanceof TestDbError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`${printableLines(`${words}`)}\n`);
}
