/** `with-test-db url`: prints the URL of a unit, with its password, for other clients. */
import type { Command } from "commander";
import { targetUrl } from "../target/connection-url.ts";
import { say } from "./say.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

export function addUrl(program: Command): void {
  unitCommand(program, "url <unit>")
    .description("print the URL of a unit, with the password")
    .action(async (name: string, flags: UnitFlags) => {
      const { unit } = await findUnit(name, flags);
      say(targetUrl(unit.target, unit.settings));
    });
}
