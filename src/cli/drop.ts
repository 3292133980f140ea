/** `with-test-db drop`: drops a unit that was kept. */
import type { Command } from "commander";
import { inSession } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { forgetKept } from "../kept/kept-notes.ts";
import { dropUnit } from "../unit/drop-unit.ts";
import { say } from "./say.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

export function addDrop(program: Command): void {
  unitCommand(program, "drop <unit>")
    .description("drop a unit that was kept")
    .action(async (name: string, flags: UnitFlags) => {
      const { unit, home, isKept } = await findUnit(name, flags);
      if (!isKept) throw inUse(name);
      await inSession(home, (session) => dropUnit(session, unit));
      forgetKept(name);
      say(`dropped the ${unit.isolation} ${name}`);
    });
}

const inUse = (name: string): TestDbError =>
  new TestDbError("DISPOSE_FAILED", {
    what: `The unit ${name} was not dropped`,
    why: "a test has it, or a process had it that is gone; it was not kept",
    next: "npx with-test-db sweep, which drops what dead processes left",
  });
