/**
 * How to find out whether two texts of a definition mean the same: by making one of them anew beside the other, and reading
 * what Postgres prints of it then.
 */

/** What is settled of one kind of object. */
export interface Settling {
  /** The fields that Postgres may print in more than one way. Where others differ, nothing is tried. */
  readonly fields: readonly string[];
  /** Undefined where a definition has no expression after all. */
  readonly trial: (tried: Tried) => Trial | undefined;
}

/** What makes a definition again, and what reads it back: one row with the fields as columns. */
export interface Trial {
  readonly make: string;
  readonly read: string;
  readonly parameters: readonly string[];
}

/** The object on trial. */
export interface Tried {
  /** The schema, quoted. */
  readonly schema: string;
  /** The relation or type that it is or belongs to, qualified. */
  readonly whole: string;
  /** Its own name, quoted, where it belongs to something. */
  readonly part: string;
  /** The same on the table that this one is a partition of. */
  readonly parent: string | undefined;
  /** Whether a field is on trial. */
  has(field: string): boolean;
  /** The text to be made of a field. */
  definition(field: string): string;
  /** The same, or undefined where the field has no text. */
  text(field: string): string | undefined;
}

/** The name of what is made for a trial, if it has a name of its own. */
export const SCRATCH = "it_settle";
