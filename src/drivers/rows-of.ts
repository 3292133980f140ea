/** The rows of what Drizzle's `execute()`, or a client, answers: postgres.js' answer is an array, node-postgres' has one. */
export const rowsOf = <Row = Record<string, unknown>>(answered: unknown): readonly Row[] =>
  Array.isArray(answered) ? answered : ((answered as { readonly rows?: Row[] }).rows ?? []);
