/**
 * A query that calls a function on a user's connection. In a transaction that was begun before, which may yet be rolled back,
 * it calls nothing and gives null. It has to be sent by the simple protocol: the extended one lets the two times differ.
 */
export const outsideTransaction = (call: string): string =>
  `select case when pg_catalog.now() operator(pg_catalog.=) pg_catalog.statement_timestamp() then ${call} end`;
