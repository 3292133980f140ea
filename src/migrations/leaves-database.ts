/**
 * Statements that reach out of the database, and that Postgres refuses in a transaction, as in the migrator's: what it refuses there,
 * no other way of running the migrations may do. VACUUM, REINDEX, CLUSTER, CONCURRENTLY and the like stay in the database.
 */
import { tokenize } from "../sql/lexer.ts";
import { splitStatements } from "../sql/statements.ts";

const VERBS = new Set(["create", "alter", "drop"]);
/** Where only some forms are refused, as with ALTER DATABASE, the others reach out, too. */
const OBJECTS = new Set(["database", "tablespace", "subscription", "system"]);
/** Refused once the transaction has written, wherever they are called. */
const SLOTS = /\bpg_(create|copy)_logical_replication_slot\b/i;

export const leavesDatabase = (sql: string): boolean =>
  SLOTS.test(sql) ||
  splitStatements(tokenize(sql)).some(({ words: [verb = "", object = ""] }) => VERBS.has(verb) && OBJECTS.has(object));

/** ALTER, COMMENT, GRANT and the like on a database by its name: in a home that is another one. */
export const writesDatabase = (sql: string, name: string): boolean =>
  /\bdatabase\b/i.test(sql) &&
  splitStatements(tokenize(sql)).some(({ words }) =>
    words.some((word, at) => word === "database" && words[at + 1] === name),
  );
