/** `with-test-db keep`: keeps a unit until it is dropped by hand. */
import type { Command } from "commander";
import { inSession } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { HOURS, noteKept, readKept } from "../kept/kept-notes.ts";
import { failure } from "../sql/failure.ts";
import { type Keeping, keepUntilDropped } from "../unit/keep-until-dropped.ts";
import { say, sayJson } from "./say.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

const EXAMPLES = `
Examples:
  npx with-test-db keep it_things_eb3ipg5ov876h6`;

export function addKeep(program: Command): void {
  unitCommand(program, "keep <unit>")
    .description("keep a unit until it is dropped: a test's from when the test gives it up")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: UnitFlags) => {
      const { unit, home } = await findUnit(name, flags);
      const { isolation } = unit;
      const keeping = await inSession(home, (session) => keepUntilDropped(session, name)).catch((error: unknown) => {
        if (error instanceof TestDbError) throw error;
        throw failure("UNIT_FAILED", { what: `The unit ${name} was not kept`, next: "npx with-test-db status" }, error);
      });
      if (keeping === "old" || keeping === "gone") throw notKept(name, keeping);
      // by its name alone, commands find it on this machine
      noteKept({ name, isolation, home, test: readKept(undefined, name)[0]?.test });
      if (flags.json) return sayJson({ name, isolation, kept: keeping === "kept" ? "now" : "when it is given up" });
      say(
        keeping === "kept"
          ? `the ${isolation} ${name} is kept until it is dropped`
          : `the ${isolation} ${name} is kept when its test gives it up, until it is dropped`,
        ...(home.origin === "embedded"
          ? [`  the embedded server that it is on stays for ${HOURS} hours from now`]
          : []),
        `  npx with-test-db drop ${name}`,
      );
    });
}

const notKept = (name: string, keeping: Exclude<Keeping, "kept" | "asked">): TestDbError =>
  new TestDbError("UNIT_GONE", {
    what: `The unit ${name} was not kept`,
    why:
      keeping === "gone"
        ? "its test gave it up a moment ago"
        : "another version of with-test-db has made its home, whose tests do not ask when they give a unit up",
    next: keeping === "gone" ? "npx with-test-db status" : "run the test with TEST_DB_KEEP=1",
  });
