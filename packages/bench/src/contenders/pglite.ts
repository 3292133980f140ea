/** PGlite: Postgres inside the process, for each suite. */
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { Contender, Row } from "../contender.ts";

export const pglite: Contender = {
  async live({ project }, use) {
    const client = await PGlite.create();
    await migrate(drizzle({ client }), { migrationsFolder: project.migrationsFolder });
    await use(async (query) => (await client.query<Row>(query)).rows);
    await client.close();
  },
};
