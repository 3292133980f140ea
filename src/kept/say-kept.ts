/** Says on stderr that a unit was kept, with the lines that look into it and drop it: each works when it is pasted. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findDrizzleKit } from "../drizzle-kit/find-drizzle-kit.ts";
import { printable } from "../errors.ts";
import type { Unit } from "../unit/unit.ts";

/** @param isNoted - whether commands know how the unit is reached from its name alone */
export function sayKept(
  { name, isolation }: Pick<Unit, "name" | "isolation">,
  failure:
    | { readonly test: string | undefined; readonly keptFor: string; readonly repeat?: string | undefined }
    | undefined,
  isNoted: boolean,
): void {
  const of = failure?.test ? ` of ${JSON.stringify(failure.test)}` : "";
  const until = failure ? `for ${failure.keptFor}` : "until it is dropped";
  const commands = [...(findProgram("psql") ? ["psql"] : []), ...(findDrizzleKit() ? ["studio"] : []), "drop"];
  const lines = [
    `with-test-db: kept the ${isolation} ${name}${of} ${until}`,
    ...(failure?.repeat ? [`  it was shaken; repeat with ${failure.repeat}`] : []),
    ...(isNoted ? commands.map((command) => `  npx with-test-db ${command} ${name}`) : []),
  ];
  process.stderr.write(`${lines.map(printable).join("\n")}\n`);
}

/** Where a program of that name is, as a shell finds it. */
export function findProgram(name: string): string | undefined {
  const endings = process.platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  const folders = (process.env["PATH"] ?? process.env["Path"] ?? "").split(delimiter).filter(Boolean);
  return folders
    .flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
    .find((file) => existsSync(file));
}
