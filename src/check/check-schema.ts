/** Do the schema and the migrations agree? drizzle-kit is let to generate what is missing, in a copy. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KitConfig } from "../drizzle-kit/run-drizzle-kit.ts";
import { TestDbError } from "../errors.ts";
import type { Finding } from "../findings/finding.ts";
import { type Answer, answered, failed, notAsked } from "./answer.ts";
import { type Copy, inCopy } from "./kit-in-copy.ts";

const GENERATE = "npx drizzle-kit generate";

/** What keeps drizzle-kit from an answer, and what another question finds. */
const IN_CONFLICT = /which is a collision|Conflicting migrations detected|data is malformed|not of the latest version/;
/** What drizzle-kit says instead of asking: the first is of 0.31, the second of 1.0. */
const WOULD_ASK = /Interactive prompts require a TTY|missing_hints/;

/**
 * @param config - the project's configuration file, in which the schema is named
 * @throws TestDbError `OPTION_INVALID` where the configuration is not for Postgres
 */
export const checkSchema = (migrationsFolder: string, config: string): Promise<Answer> =>
  inCopy(migrationsFolder, config, async (copy) => {
    const before = new Set(migrationsIn(copy));
    const { code, words, config: read } = await copy.run("generate");
    if (read) assertPostgres(read, config);
    const made = migrationsIn(copy).filter((file) => !before.has(file));
    if (made.length > 0)
      return answered(
        "schema",
        made.map((file) => differs(readFileSync(join(copy.folder, file), "utf8"))),
      );
    if (WOULD_ASK.test(words)) return answered("schema", [wouldAsk(words)]);
    if (IN_CONFLICT.test(words)) {
      return notAsked("schema", `drizzle-kit generates nothing: ${words.split("\n")[0]}`, "npx drizzle-kit check");
    }
    // 0.31 ends with 0 also where it failed
    if (code === 0 && /^No schema changes/m.test(words)) return answered("schema", []);
    return failed("schema", lastLines(words) || `drizzle-kit generate ended with ${code}`, GENERATE);
  });

function assertPostgres({ dialect }: KitConfig, config: string): void {
  if (dialect === undefined || dialect === "postgresql") return;
  throw new TestDbError("OPTION_INVALID", {
    what: `${config} is for ${dialect}`,
    why: "with-test-db is for Postgres",
    next: 'name another configuration: --config <file>, with dialect: "postgresql"',
  });
}

const differs = (sql: string): Finding => ({
  level: "error",
  rule: "schema-differs",
  message: "The schema has changes that no migration makes; drizzle-kit would generate:",
  help: GENERATE,
  detail: sql,
});

function wouldAsk(words: string): Finding {
  const questions = words.split("\n").filter((line) => /^\d+\. /.test(line));
  return {
    level: "error",
    rule: "schema-differs",
    message:
      "The schema has changes that no migration makes; drizzle-kit would ask whether something was renamed, or is dropped and made anew",
    help: GENERATE,
    ...(questions.length > 0 ? { detail: questions.join("\n") } : {}),
  };
}

/** The files of migrations in a copy. */
function migrationsIn({ folder }: Copy): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (name.endsWith(".sql")) return [name];
    const file = join(name, "migration.sql");
    return existsSync(join(folder, file)) ? [file] : [];
  });
}

const LINES = 12;

const lastLines = (words: string): string => words.split("\n").slice(-LINES).join("\n");
