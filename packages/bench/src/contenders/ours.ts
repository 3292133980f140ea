/** with-test-db: a unit is asked for, used and disposed of. */
import { type WithTestDbOptions, withTestDb } from "with-test-db";
import type { Contender } from "../contender.ts";
import { schemaOf } from "../project.ts";

let schema: Record<string, unknown> = {};

const contender = (extra: Partial<WithTestDbOptions<Record<string, unknown>>>): Contender => ({
  async open({ project }) {
    schema = schemaOf(project.tables);
  },
  async live({ project, url }, use) {
    const testDb = await withTestDb({ schema, migrationsFolder: project.migrationsFolder, url: url.ours, ...extra });
    await use((query) => testDb.client.unsafe(query));
    await testDb.dispose();
  },
});

export const ours: Contender = contender({});
/** A database of its own, from the pool of those. */
export const oursDatabase: Contender = contender({ isolation: "database" });
/** A new unit every time, and dropped. */
export const oursNew: Contender = contender({ reuse: false });
