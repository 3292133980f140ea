/**
 * Everything this library throws on purpose is a {@link TestDbError}: what failed by name, the likely cause,
 * and the next line to type. The set of codes is closed; docs/errors.md has a section for each.
 */

/** Why a call failed. Stable across minor versions; branch on this, not on the message. */
export type TestDbErrorCode =
  | "FLAG_UNSET"
  | "FLAG_INVALID"
  | "OPTION_INVALID"
  | "TARGET_INVALID"
  | "TARGET_REFUSED"
  | "SERVER_UNREACHABLE"
  | "SERVER_FULL"
  | "SERVER_AUTH_FAILED"
  | "SERVER_NOT_POSTGRES"
  | "SERVER_TOO_OLD"
  | "SERVER_POOLED"
  | "TIMERS_FAKED"
  | "DRIVER_NOT_INSTALLED"
  | "DRIZZLE_TOO_OLD"
  | "EMBEDDED_NOT_INSTALLED"
  | "EMBEDDED_FAILED"
  | "PRIVILEGE_MISSING"
  | "MIGRATIONS_NOT_FOUND"
  | "MIGRATIONS_INVALID"
  | "MIGRATION_FAILED"
  | "PREPARE_FAILED"
  | "SEED_FAILED"
  | "FIXTURE_INVALID"
  | "EXTENSION_UNAVAILABLE"
  | "HOME_FAILED"
  | "SNAPSHOT_FAILED"
  | "ISOLATION_REFUSED"
  | "UNIT_FAILED"
  | "UNIT_GONE"
  | "RESET_FAILED"
  | "ROLLBACK_FAILED"
  | "DISPOSE_FAILED"
  | "ROLE_MISSING"
  | "SWEEP_FAILED"
  | "PROGRAM_MISSING"
  | "PARSER_NOT_INSTALLED"
  | "SUITE_FAILED"
  | "NOT_STUBBED";

export interface TestDbErrorParts {
  /** What failed, by name. One sentence, without the final full stop. */
  readonly what: string;
  readonly why?: string | undefined;
  /** The next line to type, or the next thing to do. */
  readonly next?: string | undefined;
  /** The error that led here, kept whole. */
  readonly cause?: unknown;
}

/** Packages are loaded twice, by `import` and by `require()`, and the toolbox has a copy of its own. */
const BRAND = Symbol.for("with-test-db.TestDbError");

/**
 * The one error class of this library. What `import` loaded knows the errors of what `require()` loaded.
 *
 * @example
 * ```ts
 * try {
 *   await withTestDb({ schema, migrationsFolder });
 * } catch (error) {
 *   if (error instanceof TestDbError && error.code === "MIGRATION_FAILED") console.error(error.message);
 *   throw error;
 * }
 * ```
 */
export class TestDbError extends Error {
  override readonly name = "TestDbError";
  readonly code: TestDbErrorCode;

  constructor(code: TestDbErrorCode, parts: TestDbErrorParts) {
    super(compose(code, parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    partsOf.set(this, parts);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

// on the prototype: runners print an error's own fields
Object.defineProperty(TestDbError.prototype, BRAND, { value: true });

/** What errors were made of, for a message of another form. No field of theirs: runners print all of an error's fields. */
export const partsOf: WeakMap<TestDbError, TestDbErrorParts> = new WeakMap();

function compose(code: TestDbErrorCode, { what, why, next }: TestDbErrorParts): string {
  const lines = [`${what}.`];
  if (why) lines.push(`  why:  ${indent(why)}`);
  if (next) lines.push(`  next: ${indent(next)}`);
  lines.push(`  code: ${code}`);
  return printableLines(lines.join("\n"));
}

/** Of a terminal's control characters and of marks that turn the direction of writing; a tab is harmless. */
const CONTROL = /(?!\t)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A line that a terminal shows as it is, whatever names it holds: escape codes in them are shown as `\u001b`, as in JSON. */
export const printable = (line: string): string =>
  line.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The same of several lines. */
export const printableLines = (text: string): string => text.split(/\r?\n/).map(printable).join("\n");

const indent = (text: string): string => text.replace(/\n/g, "\n        ");

/** The words of an unknown thrown value, without a stack. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(wordsOf).join("; ");
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
