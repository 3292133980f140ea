/** Keeps a number of units alive, with a living holder and without a connection for each. */
import { withTestDb } from "with-test-db";
import type { Place } from "./contender.ts";
import { schemaOf } from "./project.ts";

const AT_ONCE = 3;

export async function holdUnits({ project, url }: Place, count: number): Promise<{ release(): Promise<void> }> {
  const options = { schema: schemaOf(project.tables), migrationsFolder: project.migrationsFolder, url: url.ours };
  // in use as long as the others are to be: it keeps this process's lock, by which they are known to be somebody's
  const first = await withTestDb({ ...options, label: "held" });
  let left = count - 1;
  const make = async (): Promise<void> => {
    while (left-- > 0) {
      const testDb = await withTestDb({ ...options, label: "held", keep: true, reuse: false, client: { max: 1 } });
      await testDb.dispose();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, make));
  return { release: () => first.dispose() };
}
