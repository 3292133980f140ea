/** How squawk looks at what drizzle-kit writes and Drizzle's migrator runs: all pending migrations in one transaction. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Rule → why it is off. */
export const RULES_OFF: Readonly<Record<string, string>> = {
  "require-concurrent-index-creation": "CONCURRENTLY is refused in a transaction",
  "require-concurrent-index-deletion": "CONCURRENTLY is refused in a transaction",
  "require-concurrent-reindex": "CONCURRENTLY is refused in a transaction",
  "require-concurrent-partition-detach": "CONCURRENTLY is refused in a transaction",
  "prefer-robust-stmts": "a migration that fails is rolled back as a whole",
  "require-lock-timeout": "a matter of the connection that migrates; drizzle-kit never writes it",
  "require-statement-timeout": "a matter of the connection that migrates; drizzle-kit never writes it",
  "require-enum-value-ordering": "drizzle-kit takes the place of a value from the schema",
  "prefer-bigint-over-int": "the schema's types are no matter of a migration's safety",
  "prefer-bigint-over-smallint": "the schema's types are no matter of a migration's safety",
  "prefer-identity": "the schema's types are no matter of a migration's safety",
  "prefer-text-field": "the schema's types are no matter of a migration's safety",
  "prefer-timestamp-tz": "the schema's types are no matter of a migration's safety",
  "ban-char-field": "the schema's types are no matter of a migration's safety",
};

const CONFIG = ".squawk.toml";

/** The project's own configuration, in the folder or above, as squawk itself looks for it. */
export function findSquawkConfig(folder: string): string | undefined {
  const file = join(folder, CONFIG);
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? undefined : findSquawkConfig(dirname(folder));
}

/** What is said to squawk besides the files: what the project's own configuration leaves open. */
export function squawkSettings(config: string | undefined, pgVersion: string | undefined): string[] {
  const text = config === undefined ? "" : readFileSync(config, "utf8");
  // keys of a table come after those of the file
  const isSet = (key: string): boolean => new RegExp(`^\\s*"?${key}"?\\s*=`, "m").test(text.split(/^\s*\[/m)[0] ?? "");
  return [
    ...(isSet("assume_in_transaction") ? [] : ["--assume-in-transaction"]),
    ...(isSet("excluded_rules") ? [] : ["--exclude", Object.keys(RULES_OFF).join(",")]),
    ...(pgVersion === undefined ? [] : ["--pg-version", pgVersion]),
  ];
}
