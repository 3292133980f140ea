/** The key of a blueprint: everything that changes what it contains changes this, and nothing else does. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Session } from "../connections/session.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import type { KeyedStep } from "../options.ts";
import type { Migration, Migrations } from "./read.ts";

/** Goes up whenever blueprints are made, dumped or replayed in another way. */
export const FORMAT = 1;

/** What a blueprint is made of, as far as this side knows it. */
export interface Ingredients {
  readonly migrations: Migrations;
  readonly drizzleVersion: string;
  readonly prepare: readonly string[] | KeyedStep<never> | undefined;
  readonly seed: KeyedStep<never> | undefined;
}

/** Keys of folders that did not change since the last call, by all else that they are made of. */
const keys = new WeakMap<Migrations, Map<string, string>>();

/** What the project brings: 24 hexadecimal digits. */
export function recipeKeyOf({ migrations, drizzleVersion, prepare, seed }: Ingredients): string {
  const others = [drizzleVersion, isFiles(prepare) ? prepare.map(readPrepared) : prepare?.key, seed?.key] as const;
  const known = keys.get(migrations) ?? new Map<string, string>();
  keys.set(migrations, known);
  const text = JSON.stringify(others);
  const key = known.get(text) ?? hashOf(migrations, others);
  known.set(text, key);
  return key;
}

function hashOf(migrations: Migrations, [drizzle, prepare, seed]: readonly unknown[]): string {
  const hash = createHash("sha256");
  // JSON keeps apart what concatenation would run together
  const add = (part: unknown): void => void hash.update(`${JSON.stringify(part)}\n`);
  add({ format: FORMAT, layout: migrations.layout, drizzle });
  for (const migration of migrations.list) add([migration.tag, migration.when, digestOf(migration)]);
  add(["prepare", prepare]);
  add(["seed", seed]);
  return hash.digest("hex").slice(0, 24);
}

const digests = new WeakMap<Migration, string>();

/** Of a migration's text; a file that did not change since the last call is the same object. */
function digestOf(migration: Migration): string {
  const known = digests.get(migration) ?? createHash("sha256").update(migration.text).digest("hex");
  digests.set(migration, known);
  return known;
}

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

/** The whole fingerprint: what the project brings, and what the server does (its major version, its extensions). */
export async function fingerprintOf(session: Session, recipeKey: string): Promise<string> {
  const [row] = await session.rows<{ environment: string }>("select with_test_db.environment() as environment");
  return `${recipeKey}_${row?.environment}`;
}

const isFiles = (prepare: Ingredients["prepare"]): prepare is readonly string[] => Array.isArray(prepare);
