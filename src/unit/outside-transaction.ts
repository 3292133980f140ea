/** A transaction that was begun before may yet be rolled back; in another one than this, a function does not see what it waits for. */
const IS_FIT = `pg_catalog.now() operator(pg_catalog.=) pg_catalog.statement_timestamp()
  and pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.=) 'read committed'`;

/**
 * A query that calls a function on a user's connection; in a transaction that is not fit for that, it calls nothing and gives
 * null. It has to be sent by the simple protocol: the extended one lets the two times differ.
 */
export const outsideTransaction = (call: string): string => `select case when ${IS_FIT} then ${call} end`;
