/** Where the migrator keeps its journal of what ran. */
export interface JournalTable {
  readonly schema: string;
  readonly table: string;
}

export const DRIZZLES_JOURNAL: JournalTable = { schema: "drizzle", table: "__drizzle_migrations" };
