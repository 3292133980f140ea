/** What a rehearsal tells. Times are in milliseconds, sizes in bytes; a moment counts from the transaction's first statement. */
import type { Finding } from "../findings/finding.ts";

export interface Rehearsal {
  /** What it ran on: a copy of a snapshot, or the history before with made-up rows. */
  readonly on: "snapshot" | "made-up rows";
  /** The database that was copied, or beside which one was made: `user@host:port/database`. */
  readonly beside: string;
  /** The server's version, as it says it: 18.1. */
  readonly server: string;
  readonly migrations: readonly RehearsedMigration[];
  readonly locks: readonly HeldLock[];
  readonly rewrites: readonly Rewrite[];
  readonly tables: readonly TouchedTable[];
  readonly checks: readonly CheckResult[];
  /** Why a table has no made-up rows, or fewer than the others. */
  readonly unfilled: readonly Unfilled[];
  readonly findings: readonly Finding[];
  /** From the first statement until the transaction could have been committed. */
  readonly ms: number;
  readonly size: Size;
}

/** What all tables and indexes take. */
export interface Size {
  readonly before: number;
  /** Unknown where a migration failed. */
  readonly after: number | undefined;
}

export interface RehearsedMigration {
  readonly tag: string;
  readonly file: string;
  /** `skipped`: the installed Drizzle takes the migration for an old one, and would never run it on this database. */
  readonly state: "ran" | "failed" | "not reached" | "skipped";
  readonly ms: number;
  readonly statements: readonly RehearsedStatement[];
  readonly changes: readonly RowChanges[];
}

export interface RehearsedStatement {
  readonly sql: string;
  /** In the migration's file, from 1. */
  readonly line: number;
  readonly begins: number;
  readonly ms: number;
  /** What was refused, in Postgres' words. */
  readonly failure?: StatementFailure;
}

export interface StatementFailure {
  readonly words: string;
  /** What to do about that. */
  readonly next?: string | undefined;
}

/** Rows that a migration changed in a table. */
export interface RowChanges {
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Of the statement that changed most of them. */
  readonly line: number;
}

/** Where something happened: a statement of a migration. */
export interface At {
  readonly tag: string;
  readonly file: string;
  readonly line: number;
}

/** What a lock keeps others from. */
export type Blocks = "reads and writes" | "writes" | "schema changes" | "nothing";

/** A lock on a table. Until the transaction ends, none is let go. */
export interface HeldLock {
  readonly table: string;
  /** As pg_locks has it: `AccessExclusiveLock`. */
  readonly mode: string;
  readonly blocks: Blocks;
  /** The statement that took it; the lock may be taken in the middle of the statement, but is counted from its beginning. */
  readonly at: At;
  readonly begins: number;
  readonly ms: number;
  /** Whether the table was there before the first migration: nobody waits for a new one. */
  readonly isOld: boolean;
}

/** A table or an index whose file was written anew. */
export interface Rewrite {
  readonly table: string;
  /** Undefined where it is the table itself. */
  readonly index: string | undefined;
  readonly at: At;
  /** How long the statement took. */
  readonly ms: number;
  /** The table's, before the first migration; undefined where they could not be read. */
  readonly rows: number | undefined;
  readonly bytes: number;
}

/** A table that a migration locked or changed, or that is new. */
export interface TouchedTable {
  readonly table: string;
  /** Whether it is a materialized view, whose rows are those of other tables. */
  readonly isView: boolean;
  /** Of a partition: the table that all of its partitions are parts of. */
  readonly partitionOf?: string;
  /** Undefined: there was none, or its rows may not be read. */
  readonly rowsBefore: number | undefined;
  /** Undefined: there is none any more, or it is not known. */
  readonly rowsAfter: number | undefined;
  readonly state: "old" | "new" | "dropped";
  readonly bytesBefore: number;
}

export interface CheckResult {
  readonly file: string;
  readonly line: number;
  readonly sql: string;
  /** Rows that came back after the migrations, and not before. */
  readonly rows: number;
  /** The first of them. */
  readonly shown: readonly object[];
  /** Rows that came back before the migrations; undefined where the query could not be run then. */
  readonly before: number | undefined;
  /** Why the query could not be run after the migrations. */
  readonly failure?: string;
}

export interface Unfilled {
  readonly table: string;
  readonly rows: number;
  readonly why: string;
}

/** `file:line`, which editors open. */
export const placeOf = ({ file, line }: At): string => `${file}:${line}`;
