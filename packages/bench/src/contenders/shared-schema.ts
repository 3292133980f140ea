/** One schema for all suites, migrated once; nothing is isolated. */
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import type { Contender } from "../contender.ts";
import { schemaOf } from "../project.ts";

let schema: Record<string, unknown> = {};

export const sharedSchema: Contender = {
  async open({ project }) {
    schema = schemaOf(project.tables);
  },
  async live({ url }, use) {
    const client = postgres(url.shared);
    const db = drizzle({ client, schema });
    await use((query) => db.$client.unsafe(query));
    await client.end();
  },
};
