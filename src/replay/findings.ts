/** What is found in the texts of a schema that say public, or that find objects by names that are text. */

export interface Findings {
  /** Why a schema under another name would not do the same. */
  readonly doubts: string[];
  /** The same, but only where something in the schema finds objects by a name that it was given. */
  readonly ifLookedUp: string[];
  /** The same, but only where something in the schema tells the name of a schema. */
  readonly ifCompared: string[];
  /** The same, but only where code does that. */
  readonly ifRun: string[];
  looksUp: boolean;
  runs: boolean;
  tells: boolean;
}

/** The names that decide what a text means. */
export interface Names {
  /** What `public` is called since it was renamed. */
  readonly origin: string;
  /** Names of everything in the origin. */
  readonly own: ReadonlySet<string>;
  /** Names of what extensions have in `public`, each with its extension. */
  readonly members: ReadonlyMap<string, string>;
  /** Whether a column of rows is called public: `public.x` may be a field of it. */
  readonly isField: boolean;
}

/** Code that people wrote; what Postgres printed of a view or a trigger; or that of what is stored, and decides what is stored. */
export type How = "written" | "printed" | "stored";
