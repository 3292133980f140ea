/** A table by the names that its Drizzle schema has. */
export interface TableName {
  /** Undefined where the search_path says. */
  readonly schema: string | undefined;
  readonly name: string;
}
