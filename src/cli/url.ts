/** `with-test-db url`: prints the URL of a unit, with its password, for other clients. */
import type { Command } from "commander";
import { notice } from "../notice.ts";
import { targetUrl } from "../target/connection-url.ts";
import { say, sayJson } from "./say.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

const EXAMPLES = `
Examples:
  psql "$(npx with-test-db url it_things_eb3ipg5ov876h6)"
  npx with-test-db url it_things_eb3ipg5ov876h6 --json`;

export function addUrl(program: Command): void {
  unitCommand(program, "url <unit>", "as JSON: the URL, and its parts")
    .description("print the URL of a unit, with the password")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: UnitFlags) => {
      const { unit } = await findUnit(name, flags);
      const { target, settings, isolation } = unit;
      const url = targetUrl(target, settings);
      if (!flags.json) {
        // a terminal is where somebody pastes it from, and its & ends a shell's command
        if (process.stdout.isTTY) notice("in a shell, put it into single quotes");
        return say(url);
      }
      const { host, port, user, password = null, database, tls } = target;
      const schema = isolation === "schema" ? name : null;
      sayJson({ url, name, isolation, host, port, user, password, database, schema, sslmode: tls });
    });
}
