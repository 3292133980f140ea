/**
 * What every session of ours pins, against unusual defaults of a role, a database or a server: all settings that decide how SQL is
 * read, how values are printed, what is visible, or how long a statement may take.
 */

/** Settings for the startup packet. */
export const PINNED: Readonly<Record<string, string>> = {
  search_path: "pg_catalog",
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  backslash_quote: "safe_encoding",
  array_nulls: "on",
  transform_null_equals: "off",
  xmloption: "content",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
  check_function_bodies: "on",
  row_security: "off",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  default_transaction_isolation: "read committed",
  lock_timeout: "0",
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
  // nothing of ours has to outlive a crash of the server, and what does is in the order in which it was written
  synchronous_commit: "off",
};

/** For a session that shares our tables with others: nothing of ours locks them for that long. */
export const IMPATIENT: Readonly<Record<string, string>> = { lock_timeout: "10s" };

/** Settings for after the login: not every server knows them, not every user may set them, or their value is empty. */
export const PINNED_AFTERWARDS: Readonly<Record<string, string>> = {
  default_tablespace: "",
  temp_tablespaces: "",
  transaction_timeout: "0",
  restrict_nonsystem_relation_kind: "",
  session_replication_role: "origin",
};
