/** Drizzle's own `migrate()`, for each suite: into a new schema, or into a new database. */
import { randomUUID } from "node:crypto";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { Contender } from "../contender.ts";

const quiet = { onnotice() {} };
let admin: postgres.Sql | undefined;

/** Free for these, and for each suite: a connection by which databases are made and dropped. */
const withAdmin: Pick<Contender, "open" | "close"> = {
  async open({ url }) {
    admin ??= postgres(url.admin, { max: 1, ...quiet });
    await admin`select 1`;
  },
  async close() {
    await admin?.end();
    admin = undefined;
  },
};

export const migrateSchema: Contender = {
  async live({ project, url }, use) {
    const name = `suite_${randomUUID().replaceAll("-", "")}`;
    const client = postgres(url.schemas, { connection: { search_path: name }, ...quiet });
    await client.unsafe(`create schema ${name}`);
    const { migrationsFolder } = project;
    await migrate(drizzle({ client }), { migrationsFolder, migrationsSchema: name });
    await use((query) => client.unsafe(query));
    await client.unsafe(`drop schema ${name} cascade`);
    await client.end();
  },
};

const database = (options: (template: URL) => string, run: (client: postgres.Sql, folder: string) => Promise<void>) =>
  ({
    ...withAdmin,
    async live({ project, url }, use) {
      const name = `suite_${randomUUID().replaceAll("-", "")}`;
      await admin?.unsafe(`create database ${name} ${options(new URL(url.template))}`);
      const client = postgres(Object.assign(new URL(url.admin), { pathname: `/${name}` }).href, quiet);
      await run(client, project.migrationsFolder);
      await use((query) => client.unsafe(query));
      await client.end();
      await admin?.unsafe(`drop database ${name}`);
    },
  }) satisfies Contender;

export const migrateDatabase: Contender = database(
  () => "",
  (client, migrationsFolder) => migrate(drizzle({ client }), { migrationsFolder }),
);

const fromTemplate = ({ pathname }: URL): string => `template "${pathname.slice(1)}"`;

export const template: Contender = database(fromTemplate, async () => {});

/** Copies the template's files instead of logging each of their blocks; PostgreSQL 15 and later. */
export const templateFileCopy: Contender = database(
  (url) => `${fromTemplate(url)} strategy file_copy`,
  async () => {},
);

/** `migrate()` and nothing else, into a database that is there and empty. */
export const bareMigrate: Contender = {
  async live({ project, url }, use) {
    const client = postgres(url.ours, quiet);
    await migrate(drizzle({ client }), { migrationsFolder: project.migrationsFolder });
    await use((query) => client.unsafe(query));
    await client.end();
  },
};
