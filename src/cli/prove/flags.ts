/** The flags of `prove`, and which values they take. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { InvalidArgumentError } from "commander";
import { TestDbError } from "../../errors.ts";
import { shellWord } from "../../sql/identifiers.ts";
import type { RunFlags } from "../run/flags.ts";

export interface ProveFlags extends RunFlags {
  readonly only?: readonly string[];
  readonly scopedBy?: readonly string[];
  readonly budget?: number;
  readonly minScore?: number;
  readonly baseline?: string;
  readonly updateBaseline?: string;
  readonly html?: string;
  readonly mutants?: string;
}

/** What takes minutes is not begun for a report that cannot be written; and a forgotten value takes the `--` before the command. @throws TestDbError `OPTION_INVALID` */
export function assertValues({ only, scopedBy, html, mutants, baseline, updateBaseline }: ProveFlags): void {
  const files = { "--html": html, "--mutants": mutants, "--update-baseline": updateBaseline };
  const given = { ...files, "--baseline": baseline, "--only": only, "--scoped-by": scopedBy };
  for (const [option, value] of Object.entries(given)) {
    if (value === "--" || (Array.isArray(value) && value.includes("--"))) {
      throw new TestDbError("OPTION_INVALID", {
        what: `${option} has no value`,
        why: "the command comes after --, and the value before",
        next: "npx with-test-db prove --help",
      });
    }
  }
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined || existsSync(dirname(file))) continue;
    throw new TestDbError("OPTION_INVALID", {
      what: `The file ${file} of ${option} cannot be written`,
      why: `there is no folder ${dirname(file)}`,
      next: `mkdir -p ${shellWord(dirname(file))}`,
    });
  }
}

export function minutes(text: string): number {
  if (/^\d{1,4}(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("it is a number of minutes.");
}

export function percent(text: string): number {
  if (/^\d{1,3}(\.\d+)?$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError("it is a number from 0 to 100.");
}
