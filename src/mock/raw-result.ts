/** The result of a statement that Drizzle does not map, as code for either driver reads it. */

/**
 * A list of rows, as postgres.js gives, that has `rows` and `rowCount`, as node-postgres gives. They are not enumerable: a comparison
 * sees rows.
 *
 * @param affected - the number of rows; or what is called where the number is read, and is not known
 */
export function rawResult(rows: readonly unknown[], affected: number | (() => never), command = ""): unknown[] {
  const result = [...rows];
  const count = typeof affected === "number" ? { value: affected } : { get: affected };
  return Object.defineProperties(result, {
    rows: { value: result },
    fields: { value: [] },
    command: { value: command },
    count,
    rowCount: count,
  });
}
