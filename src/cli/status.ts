/** `with-test-db status`: which units and homes are on the server. */
import type { Command } from "commander";
import { openSession } from "../connections/session.ts";
import { readStatus, type Status } from "../janitor/read-status.ts";
import { readKept } from "../kept/kept-notes.ts";
import { describeTarget } from "../target/target.ts";
import { say, sayJson } from "./say.ts";
import { serverCommand } from "./server-command.ts";

export function addStatus(program: Command): void {
  serverCommand(program, "status", async (target, { json }) => {
    const session = await openSession(target);
    try {
      const status = await readStatus(session);
      const server = { at: describeTarget(target), pid: session.pid, version: session.serverVersion };
      if (json) sayJson({ server, ...status });
      else say(...linesOf(describeTarget(target), status));
    } finally {
      await session.close();
    }
  }).description("list units and homes, and who is alive");
}

function linesOf(where: string, { units, homes }: Status): string[] {
  const leased = units.filter(({ state }) => state === "leased" || state === "kept");
  const lines = [where, `units: ${leased.length} handed out or kept, ${units.length - leased.length} in the pool`];
  const tests = new Map(readKept().map(({ name, test }) => [name, test]));
  for (const { name, isolation, state, alive, connected, exists, since, keptUntil } of leased) {
    const test = tests.get(name);
    const kept = `kept${keptUntil ? ` after a failure${test ? ` of ${JSON.stringify(test)}` : ""} until ${keptUntil}` : ""}`;
    const how = state === "kept" ? kept : alive || connected ? "in use" : "left behind";
    lines.push(`  ${name}  ${isolation}  ${how}${exists ? "" : ", gone"}  since ${since}`);
  }
  lines.push(`homes: ${homes.length}`);
  for (const { name, isolation, usedAt } of homes) {
    lines.push(`  ${name}${isolation === "database" ? "  units are databases" : ""}  used ${usedAt}`);
  }
  return lines;
}
