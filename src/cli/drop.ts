/** `with-test-db drop`: drops units that were kept. */
import type { Command } from "commander";
import { inSession } from "../connections/session.ts";
import { partsOf, printableLines, TestDbError, wordsOf } from "../errors.ts";
import { forgetKept } from "../kept/kept-notes.ts";
import { failure } from "../sql/failure.ts";
import { dropUnit } from "../unit/drop-unit.ts";
import { FAILED } from "./exit-codes.ts";
import { busy } from "./progress.ts";
import { say, sayJson } from "./say.ts";
import { type FoundUnit, findKept, findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

const EXAMPLES = `
Examples:
  npx with-test-db drop it_things_failed_eb3ipg5ov876h6
  npx with-test-db drop --all`;

interface Flags extends UnitFlags {
  readonly all?: boolean;
}

interface Dropping {
  readonly name: string;
  find(): Promise<FoundUnit>;
}

export function addDrop(program: Command): void {
  unitCommand(program, "drop [units...]")
    .description("drop units that were kept")
    .option("--all", "all that were kept: on the server of --url; else those noted on this machine, and as for status")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(names: readonly string[], flags: Flags): Promise<void> {
  const { all = false, json } = flags;
  if (names.length > 0 === all) throw wrongly(all);
  const wanted: readonly Dropping[] = all
    ? (await findKept(flags)).map((each) =>
        "unit" in each
          ? { name: each.unit.name, find: async () => each }
          : { name: each.name, find: () => Promise.reject(each.error) },
      )
    : [...new Set(names)].map((name) => ({ name, find: () => findUnit(name, flags) }));
  const dropped: { name: string; isolation: string }[] = [];
  const failures: { name: string; error: TestDbError }[] = [];
  await busy("dropping", async (now) => {
    // one at a time: what several drop at once may wait for one another
    for (const each of wanted) {
      now(`dropping ${each.name}`);
      try {
        dropped.push(await drop(await each.find()));
      } catch (error) {
        if (names.length === 1) throw error;
        failures.push({ name: each.name, error: notDropped(each.name, error) });
      }
    }
  });
  if (failures.length > 0) process.exitCode = FAILED;
  if (json) return sayJson({ dropped, failures: failures.map(({ name, error }) => ({ name, error: jsonOf(error) })) });
  if (wanted.length === 0) say("nothing was kept");
  for (const { name, isolation } of dropped) say(`dropped the ${isolation} ${name}`);
  for (const { error } of failures) console.error(printableLines(error.message));
}

async function drop({ unit, home, isKept }: FoundUnit): Promise<{ name: string; isolation: string }> {
  const { name, isolation } = unit;
  if (!isKept) throw inUse(name);
  try {
    await inSession(home, (session) => dropUnit(session, unit));
  } catch (error) {
    throw notDropped(name, error);
  }
  forgetKept(name);
  return { name, isolation };
}

const notDropped = (name: string, error: unknown): TestDbError =>
  error instanceof TestDbError
    ? error
    : failure("DISPOSE_FAILED", { what: `The unit ${name} was not dropped`, next: "npx with-test-db status" }, error);

const inUse = (name: string): TestDbError =>
  new TestDbError("DISPOSE_FAILED", {
    what: `The unit ${name} was not dropped`,
    why: "a test has it, or a process had it that is gone; it was not kept",
    next: "npx with-test-db sweep, which drops what dead processes left",
  });

const wrongly = (all: boolean): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: all ? "drop takes names, or --all, and not both" : "drop was told no name",
    next: all ? "npx with-test-db drop --all" : "npx with-test-db status, which has the names; or drop --all",
  });

function jsonOf(error: TestDbError): object {
  const { what = wordsOf(error), why = null, next = null } = partsOf.get(error) ?? {};
  return { code: error.code, what, why, next };
}
