/** The key of a home: whatever changes what is in it changes the key, and nothing else does. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CONTROL_FORMAT } from "../control/control-format.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Target } from "../target/target.ts";
import type { Migrations } from "./read-migrations.ts";

/** Goes up whenever homes are made, dumped or replayed in another way. */
export const FORMAT = 2;

type Steps = Partial<Pick<ResolvedOptions<never>, "prepare" | "seed">>;

/** What the project brings: 24 hexadecimal digits. */
export function recipeKeyOf({ digest }: Migrations, { prepare, seed }: Steps = {}): string {
  const prepared = prepare && ("key" in prepare ? prepare.key : prepare.map(readPrepared));
  return digestOf([FORMAT, digest, prepared, seed?.key]);
}

/** The name of the home: of what the project brings, for one role, beside one database. */
export const homeName = (recipeKey: string, { user, database }: Target, isolation: string): string =>
  `it_home_${digestOf([recipeKey, CONTROL_FORMAT, user, database, isolation === "database"])}`;

/** What tells one migrations folder from another, whatever is in it. */
export const folderKey = (
  { folder }: Pick<Migrations, "folder">,
  { user, database }: Pick<Target, "user" | "database">,
): string => digestOf([resolve(folder), user, database]);

/** What tells one database from another that was named: a mark holds no name of somebody's. */
export const databaseKey = ({ database }: Pick<Target, "database">): string => digestOf([database]);

/** JSON keeps apart what concatenation would run together. */
const digestOf = (content: unknown): string =>
  createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 24);

function readPrepared(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TestDbError("PREPARE_FAILED", {
      what: `The file ${file} of prepare cannot be read`,
      why: wordsOf(cause),
      next: "name files by their whole path, or relative to where the process was started",
      cause,
    });
  }
}
