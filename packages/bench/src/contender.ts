/** A way to give a suite a database. Its whole life is measured: from nothing to the answer of one query to nothing. */
import type { Project } from "./project.ts";

/** Where a contender works. Databases with the project in them are there before anything is measured. */
export interface Place {
  readonly project: Project;
  readonly url: {
    /** The database that the server has anyway, to make others from. */
    readonly admin: string;
    /** Empty at first: ours, and schemas that others make. */
    readonly ours: string;
    readonly schemas: string;
    /** Migrated: everybody's, and the one that is cloned. */
    readonly shared: string;
    readonly template: string;
  };
}

export type Row = Record<string, unknown>;
export type Ask = (query: string) => Promise<Row[]>;

export interface Contender {
  /** What has to be there before the first life; not measured. */
  open?(place: Place): Promise<void>;
  /** One life; `use` is what the suite does in it. */
  live(place: Place, use: (ask: Ask) => Promise<void>): Promise<void>;
  close?(): Promise<void>;
}

/** The one query of a life. */
export const oneQuery =
  ({ project }: Place) =>
  async (ask: Ask): Promise<void> => {
    const [row] = await ask(`select count(*)::int as n from "${project.seeded.table}"`);
    if (row?.["n"] !== project.seeded.rows) throw new Error(`${row?.["n"]} rows instead of ${project.seeded.rows}`);
  };
