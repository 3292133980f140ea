/** What brings the tables back between tests: `reset()` of a unit, against emptying every table there is. */
import { performance } from "node:perf_hooks";
import postgres from "postgres";
import { withTestDb } from "with-test-db";
import type { Place } from "./contender.ts";
import { schemaOf } from "./project.ts";

export const WAYS = {
  reset: "`reset()` after writing 3 tables",
  truncate: "`TRUNCATE` of everything, one statement",
  deleteAll: "`DELETE` from everything, one round trip",
} as const;
export type Way = keyof typeof WAYS;

export interface BetweenTests {
  /** Writes to three tables, and brings them back in one way; milliseconds of the latter. */
  clean(way: Way): Promise<number>;
  close(): Promise<void>;
}

export async function openBetweenTests({ project, url }: Place): Promise<BetweenTests> {
  const schema = schemaOf(project.tables);
  const testDb = await withTestDb({ schema, migrationsFolder: project.migrationsFolder, url: url.ours });
  const shared = postgres(url.shared, { max: 1, onnotice() {} });
  const rows = await shared<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public'`;
  const names = rows.map(({ name }) => `"${name}"`);
  // the rows of the migrations go with the first; what is measured is the emptying, which spares them no more than a user can
  const undo: Record<Exclude<Way, "reset">, string> = {
    truncate: `truncate ${names.join(", ")} restart identity`,
    deleteAll: `set session_replication_role = replica; ${names.map((name) => `delete from ${name}`).join("; ")}; reset session_replication_role`,
  };
  const write = async (client: postgres.Sql): Promise<void> => {
    for (const table of project.written) await client.unsafe(`insert into "${table}" ("name") values ('one'), ('two')`);
  };
  return {
    async clean(way) {
      const client = way === "reset" ? testDb.client : shared;
      await write(client);
      const began = performance.now();
      if (way === "reset") await testDb.reset();
      else await client.unsafe(undo[way]).simple();
      const taken = performance.now() - began;
      const [row] = await client.unsafe(project.written.map((table) => `select from "${table}"`).join(" union all "));
      if (row) throw new Error(`${way} left rows`);
      return taken;
    },
    async close() {
      await shared.end();
      await testDb.dispose();
    },
  };
}
