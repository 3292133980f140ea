/** `with-test-db studio`: opens Drizzle Studio on a unit, with the drizzle-kit of the project. */
import { type Command, InvalidArgumentError } from "commander";
import { drizzleKit } from "../drizzle-kit/run-drizzle-kit.ts";
import { targetUrl } from "../target/connection-url.ts";
import { runProgram } from "./run-program.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

interface Flags extends UnitFlags {
  readonly port?: number;
}

export function addStudio(program: Command): void {
  unitCommand(program, "studio <unit>")
    .description("open Drizzle Studio on a unit")
    .option("--port <port>", "the port of Studio's own server (default: drizzle-kit's)", port)
    .action(async (name: string, { port, ...flags }: Flags) => {
      const { unit } = await findUnit(name, flags);
      const url = targetUrl(unit.target, unit.settings);
      const command = ["studio", ...(port === undefined ? [] : ["--port", String(port)])];
      const overrides = { dialect: "postgresql", dbCredentials: { url } };
      const { parameters, environment } = drizzleKit(command, "since Drizzle Studio is a part of it", { overrides });
      process.exitCode = await runProgram(process.execPath, parameters, environment);
    });
}

function port(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError("it is a number from 1 to 65535.");
}
