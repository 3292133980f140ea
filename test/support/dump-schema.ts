/** One schema as SQL, by the library's pg_dump, with nothing left out. */
import { type Dispensable, startPgDump } from "../../src/home/dump/pg-dump.ts";
import type { Target } from "../../src/target/target.ts";

export const NOTHING_SPARED: Dispensable = { emptyTables: [], uncommented: false };

export async function dumpSchema(target: Target, schema: string): Promise<string> {
  const pgDump = startPgDump();
  try {
    return await pgDump.dump(target, schema, NOTHING_SPARED);
  } finally {
    await pgDump.discard();
  }
}
