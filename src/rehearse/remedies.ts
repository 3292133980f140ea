/** What helps where existing rows, or the transaction, are in the way of a migration: by SQLSTATE. */
import { SQLSTATE } from "../sql/sqlstate.ts";

export const REMEDIES: Readonly<Record<string, string>> = {
  [SQLSTATE.activeTransaction]:
    "Drizzle runs migrations in a transaction: leave CONCURRENTLY out, or do this by hand before, and have the migration say IF NOT EXISTS",
  [SQLSTATE.unsafeNewEnumValue]:
    "Drizzle runs all pending migrations in one transaction: deploy the new value before what uses it",
  "23502": "first fill the column: add it without NOT NULL, update the rows, then SET NOT NULL",
  "23505": "first mend the rows that are there twice",
  "23503": "first mend the rows without a parent, or add the constraint NOT VALID",
  "23514": "first mend the rows that it refuses, or add the constraint NOT VALID",
};
