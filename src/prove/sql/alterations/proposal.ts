/** An alteration of a tree, before it is known whether it can be printed. */
import type { Kind } from "../../proof.ts";
import type { Block } from "../blocks.ts";
import type { Node, Path } from "../syntax-tree.ts";

export interface Proposal {
  readonly kind: Kind;
  /** Of the clause. */
  readonly path: Path;
  /** What is put at the path. */
  readonly put: unknown;
  /** What no test would notice, as the rest of a sentence. */
  readonly defect: string;
  /** The row that would make a difference, as the rest of "Add …". */
  readonly row: string;
  /** The column whose value is altered, as a comparison names it. */
  readonly column?: string;
  /** The columns on which the altered condition is. */
  readonly columns?: readonly string[];
}

/** What is given for a time that is that of the run. */
export const NOW = "now";

/** What a literal says, and what a parameter did whenever the suite ran the query; undefined for all else, and where that differed. */
export type Given = (value: Node | undefined) => string | undefined;

/** Proposes alterations of one kind, or of some that belong together. */
export type Propose = (block: Block, show: (expression: Node) => string, given: Given) => Proposal[];
