const NAME = Symbol.for("drizzle:Name");

/** A table's name in the database, read as Drizzle's `getTableName()` reads it, without loading Drizzle. Undefined of what is no table. */
export const tableNameOf = (table: object): string | undefined => (table as { readonly [NAME]?: string })[NAME];
