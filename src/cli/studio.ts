/** `with-test-db studio`: opens Drizzle Studio on a unit, with the drizzle-kit of the project. */
import type { Command } from "commander";
import { TestDbError } from "../errors.ts";
import { findStudio } from "../kept/say-kept.ts";
import { ownFile } from "../own-file.ts";
import { targetUrl } from "../target/connection-url.ts";
import { runProgram } from "./run-program.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

interface Flags extends UnitFlags {
  readonly port?: string;
}

export function addStudio(program: Command): void {
  unitCommand(program, "studio <unit>")
    .description("open Drizzle Studio on a unit")
    .option("--port <port>", "the port of Studio's own server (default: drizzle-kit's)")
    .action(async (name: string, { port, ...flags }: Flags) => {
      const { unit } = await findUnit(name, flags);
      const studio = findStudio();
      if (!studio) throw notInstalled();
      const parameters = [studio, "studio", "--config", ownFile("studio.config.mjs", "PROGRAM_MISSING")];
      await runProgram(process.execPath, [...parameters, ...(port === undefined ? [] : ["--port", port])], {
        ...process.env,
        WITH_TEST_DB_STUDIO: targetUrl(unit.target, unit.settings),
      });
    });
}

const notInstalled = (): TestDbError =>
  new TestDbError("PROGRAM_MISSING", {
    what: `drizzle-kit is not installed in ${process.cwd()}`,
    why: "Drizzle Studio is a part of it",
    next: "npm install --save-dev drizzle-kit; or go to the folder of the package that has it",
  });
