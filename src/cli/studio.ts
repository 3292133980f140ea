/** `with-test-db studio`: opens Drizzle Studio on a unit, with the drizzle-kit of the project. */
import { type Command, InvalidArgumentError } from "commander";
import { drizzleKit } from "../drizzle-kit/run-drizzle-kit.ts";
import { TestDbError } from "../errors.ts";
import { targetUrl } from "../target/connection-url.ts";
import { freePort, isFree } from "./ports.ts";
import { runProgram } from "./run-program.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

interface Flags extends UnitFlags {
  readonly port?: number;
}

const EXAMPLES = `
Examples:
  npx with-test-db studio it_things_eb3ipg5ov876h6
  npx with-test-db studio it_things_eb3ipg5ov876h6 --port 4984`;

/** drizzle-kit's own. */
const DEFAULT_PORT = 4983;

export function addStudio(program: Command): void {
  unitCommand(program, "studio <unit>", "failures as JSON; what drizzle-kit prints is drizzle-kit's")
    .description("open Drizzle Studio on a unit")
    .addHelpText("after", EXAMPLES)
    .option("--port <port>", "the port of Studio's own server (default: 4983)", port)
    .action(async (name: string, { port = DEFAULT_PORT, ...flags }: Flags) => {
      const { unit } = await findUnit(name, flags);
      if (!(await isFree(port))) throw inUse(name, port, await freePort(port));
      const url = targetUrl(unit.target, unit.settings);
      const command = ["studio", "--port", String(port)];
      const overrides = { dialect: "postgresql", dbCredentials: { url } };
      const { parameters, environment } = drizzleKit(command, "since Drizzle Studio is a part of it", { overrides });
      process.exitCode = await runProgram(process.execPath, parameters, environment);
    });
}

function port(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError("it is a number from 1 to 65535.");
}

const inUse = (name: string, port: number, free: number | undefined): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `Something else listens on the port ${port}`,
    why: "it may be another Drizzle Studio",
    next: `npx with-test-db studio ${name} --port ${free ?? "<port>"}`,
  });
