/** An error as the server sends it, with the fields of both drivers, for code that looks at them. */

/** What the server says besides the code. */
export interface PostgresErrorFields {
  readonly message?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/**
 * An error as the server's, to be rejected with: node-postgres' fields (`constraint`, `table`, …) and postgres.js' (`constraint_name`,
 * `table_name`, …). Drizzle wraps it as it wraps the server's own: since 0.44, `cause` of a `DrizzleQueryError`.
 *
 * @param code - the SQLSTATE: five characters, such as `23505` for a unique constraint
 *
 * @example
 * ```ts
 * mock.once.insert(schema.users).rejects(postgresError("23505", { constraint: "users_email_unique" }));
 * ```
 */
export function postgresError(code: string, fields: PostgresErrorFields = {}): Error & { readonly code: string } {
  const { message = `the mock's error ${code}`, detail, hint, schema, table, column, constraint } = fields;
  const given = {
    detail,
    hint,
    schema,
    table,
    column,
    constraint,
    schema_name: schema,
    table_name: table,
    column_name: column,
    constraint_name: constraint,
  };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.assign(new Error(message), { code, severity: "ERROR", ...Object.fromEntries(known) });
}
