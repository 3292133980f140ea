/** The key of a home: whatever changes what is in it changes the key, and nothing else does. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CONTROL_FORMAT } from "../control/control-format.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Target } from "../target/target.ts";
import { isFileOfRows, isSeedFile } from "./file-of-rows.ts";
import type { Migrations } from "./read-migrations.ts";

/** Goes up whenever homes are made, dumped or replayed in another way. */
export const FORMAT = 3;

type Step = ResolvedOptions<never>["prepare"];

/** What runs before and after the migrations. */
interface Steps {
  readonly prepare?: Step;
  readonly seed?: Step;
}

/** What the project brings: 24 hexadecimal digits. */
export const recipeKeyOf = ({ digest }: Migrations, { prepare, seed }: Steps = {}): string =>
  digestOf([FORMAT, digest, stepOf("prepare", prepare), stepOf("seed", seed)]);

/** The same without the migrations; empty where there is nothing else. */
export const stepsKeyOf = ({ prepare, seed }: Steps): string =>
  [prepare, seed].every((step) => step === undefined)
    ? ""
    : digestOf([stepOf("prepare", prepare) ?? null, stepOf("seed", seed) ?? null]);

/** A key by itself, files by their content; of an array, code by its key in an object, which no content is equal to. */
const stepOf = (name: keyof Steps, step: Step): unknown =>
  step &&
  ("key" in step
    ? step.key
    : step.map((each) => (typeof each === "string" ? readStep(name, each) : { key: each.key })));

/** The name of the home: of what the project brings, for one role, beside one database. */
export const homeName = (recipeKey: string, { user, database }: Target, isolation: string): string =>
  `it_home_${digestOf([recipeKey, CONTROL_FORMAT, user, database, isolation === "database"])}`;

/**
 * What tells one migrations folder from another, whatever is in it. Each point of its history has a key of its own: the homes of
 * a folder, of which the last few stay, are those of all of it.
 */
export const folderKey = (
  { folder, list, whole }: Pick<Migrations, "folder"> & Partial<Migrations>,
  { user, database }: Pick<Target, "user" | "database">,
): string => digestOf([resolve(folder), user, database, ...(whole && list ? [list.length] : [])]);

/** What tells one database from another that was named: a mark holds no name of somebody's. */
export const databaseKey = ({ database }: Pick<Target, "database">): string => digestOf([database]);

/** Changes with whatever makes homes that were exported of no use, as far as that is known without a server. */
export const cacheKey = (recipeKey: string, server: string, others: readonly string[]): string =>
  digestOf([recipeKey, CONTROL_FORMAT, server, others]);

/** JSON keeps apart what concatenation would run together. */
const digestOf = (content: unknown): string =>
  createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 24);

/** A file's content; of one with rows, a digest of it, since it may be large, with the name, which is that of a table. */
function readStep(name: keyof Steps, file: string): string | readonly string[] {
  if (name === "seed" && !isSeedFile(file))
    throw new TestDbError("OPTION_INVALID", {
      what: `The file ${file} of seed has an ending that does not say what is in it`,
      next: "seed takes files that end in .sql, .csv or .json",
    });
  try {
    if (name === "seed" && isFileOfRows(file))
      return [basename(file), createHash("sha256").update(readFileSync(file)).digest("hex")];
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TestDbError(name === "prepare" ? "PREPARE_FAILED" : "SEED_FAILED", {
      what: `The file ${file} of ${name} cannot be read`,
      why: wordsOf(cause),
      next: "name files by their whole path, or relative to where the process was started",
      cause,
    });
  }
}
