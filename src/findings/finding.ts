/** What `check` and `lint` found: where, by which rule, and what to do. */

export interface Finding {
  /** An error makes the command fail; a warning, where a command has them, is only said. */
  readonly level: "error" | "warning";
  /** A name to look for, and to switch off by: `adding-required-field`. */
  readonly rule: string;
  readonly message: string;
  readonly help?: string | undefined;
  /** Relative to the current folder. */
  readonly file?: string | undefined;
  /** From 1, as in editors. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** Text of more than one line, such as SQL. */
  readonly detail?: string | undefined;
}
