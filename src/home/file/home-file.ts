/**
 * The form of a file with homes: JSON, compressed, with a digest against what is cut off or damaged on the way. The SQL in it is run,
 * so the file is to be trusted as the migrations are.
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { CatalogObject } from "../../catalog/read-catalog.ts";
import { CONTROL_FORMAT } from "../../control/control-format.ts";
import { TestDbError, wordsOf } from "../../errors.ts";
import { FORMAT } from "../../migrations/fingerprint.ts";
import type { Side } from "../../proof/differences-between.ts";
import type { Replay } from "../../replay/replay-of.ts";

/** Goes up whenever the file's form changes. */
const VERSION = 1;
const MAGIC = "with-test-db homes";

/** A home whose units are schemas. */
export interface SchemasHome {
  readonly name: string;
  readonly isolation: "schema";
  readonly origin: string;
  readonly replay: Replay;
  /** What the replay makes, under the origin's name. */
  readonly side: Side;
  /** SQL that makes what is around it, and what that consists of. */
  readonly dump: string;
  readonly objects: readonly CatalogObject[];
}

/** A home whose units are databases: the SQL is that of its template. */
export interface DatabasesHome {
  readonly name: string;
  readonly isolation: "database";
  readonly reasons: readonly string[];
  readonly dump: string;
  readonly objects: readonly CatalogObject[];
}

export type FileHome = SchemasHome | DatabasesHome;

export interface HomeFile {
  /** What decides whether a server can take the homes. */
  readonly made: MadeOn;
  readonly homes: readonly FileHome[];
}

export interface MadeOn {
  /** How homes are made: a digest. */
  readonly format: string;
  readonly serverMajor: number;
  readonly user: string;
  /** The database that was named. */
  readonly database: string;
}

/** How this version of the library makes homes. */
export const HOME_FORMAT: string = `${FORMAT} ${CONTROL_FORMAT}`;

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Pure. */
export function writeHomeFile(file: HomeFile): Buffer {
  const content = JSON.stringify(file);
  return gzipSync(`${JSON.stringify({ file: MAGIC, version: VERSION, digest: digestOf(content) })}\n${content}`);
}

/**
 * Pure.
 *
 * @param path - for errors
 * @throws TestDbError `HOME_FAILED` where it is no such file, of another version, or damaged
 */
export function readHomeFile(bytes: Uint8Array, path: string): HomeFile {
  const refuse = (why: string, cause?: unknown): TestDbError =>
    new TestDbError("HOME_FAILED", {
      what: `No home was taken from ${path}`,
      why,
      next: `remove it from the cache, run the tests, and: npx with-test-db home export ${path}`,
      cause,
    });
  const { head, content } = unpacked(bytes, refuse);
  if (head?.file !== MAGIC) throw refuse("it is not a file that home export wrote");
  if (head.version !== VERSION) throw refuse(`it is of version ${head.version}, and ${VERSION} is read here`);
  if (head.digest !== digestOf(content)) throw refuse("it is damaged: its digest is another one");
  const file = JSON.parse(content) as HomeFile | null;
  if (!Array.isArray(file?.homes)) throw refuse("it holds no homes");
  // nothing else is ever made or dropped by that name
  if (!file.homes.every(({ name }) => /^it_home_[0-9a-f]{24}$/.test(name))) throw refuse("it names what is no home");
  return file;
}

interface Head {
  readonly file?: unknown;
  readonly version?: unknown;
  readonly digest?: unknown;
}

function unpacked(
  bytes: Uint8Array,
  refuse: (why: string, cause?: unknown) => TestDbError,
): { readonly head: Head | null; readonly content: string } {
  try {
    const text = gunzipSync(bytes).toString("utf8");
    const end = text.indexOf("\n");
    return { head: JSON.parse(text.slice(0, end)) as Head | null, content: text.slice(end + 1) };
  } catch (error) {
    throw refuse(`it is no file that home export wrote, or is cut off: ${wordsOf(error)}`, error);
  }
}
