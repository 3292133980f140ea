/** What is told of an object when a catalog is read. */

/** One object. Names of parts begin with what they are part of: `users.email`. */
export interface CatalogObject {
  /** Empty for what belongs to the database or the cluster. */
  readonly schema: string;
  /** In words: "table", "column", "check", "event trigger" … */
  readonly kind: string;
  /** Quoted where SQL would need it, without its schema. */
  readonly name: string;
  /** JSON, its keys in a stable order. */
  readonly definition: string;
}
