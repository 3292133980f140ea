/** The key of a blueprint: whatever changes the blueprint's content changes the key, and nothing else does. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Session } from "../connections/session.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Migrations } from "./read-migrations.ts";

/** Goes up whenever blueprints are made, dumped or replayed in another way. */
export const FORMAT = 1;

type Steps = Partial<Pick<ResolvedOptions<never>, "prepare" | "seed">>;

/** What the project brings: 24 hexadecimal digits. */
export function recipeKeyOf({ digest }: Migrations, { prepare, seed }: Steps = {}): string {
  const prepared = prepare && ("key" in prepare ? prepare.key : prepare.map(readPrepared));
  // JSON keeps apart what concatenation would run together
  const content = JSON.stringify([FORMAT, digest, prepared, seed?.key]);
  return createHash("sha256").update(content).digest("hex").slice(0, 24);
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
