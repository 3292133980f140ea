/** Every contender by name; each is loaded only by a process that measures it. */
import type { Contender } from "../contender.ts";

export const CONTENDERS = {
  bare: "bare limit: open a postgres.js client, one query, close",
  bareTuned: "bare limit, `max: 1` and `fetch_types: false`",
  shared: "one shared schema, no isolation",
  ours: "**with-test-db**",
  oursNew: "with-test-db, `reuse: false`",
  oursDatabase: 'with-test-db, `isolation: "database"`',
  migrateSchema: "`migrate()` into a new schema per suite",
  migrateDatabase: "`migrate()` into a new database per suite",
  bareMigrate: "one bare `migrate()`",
  template: "`CREATE DATABASE … TEMPLATE` per suite",
  templateFileCopy: "`CREATE DATABASE … TEMPLATE … STRATEGY FILE_COPY` per suite",
  pglite: "PGlite per suite",
  pgsqlTest: "pgsql-test, from a template",
} as const;
export type ContenderName = keyof typeof CONTENDERS;

const LOADERS: Readonly<Record<ContenderName, () => Promise<Contender>>> = {
  bare: async () => (await import("./bare.ts")).bare,
  bareTuned: async () => (await import("./bare.ts")).bareTuned,
  shared: async () => (await import("./shared-schema.ts")).sharedSchema,
  ours: async () => (await import("./ours.ts")).ours,
  oursNew: async () => (await import("./ours.ts")).oursNew,
  oursDatabase: async () => (await import("./ours.ts")).oursDatabase,
  migrateSchema: async () => (await import("./migrate.ts")).migrateSchema,
  migrateDatabase: async () => (await import("./migrate.ts")).migrateDatabase,
  bareMigrate: async () => (await import("./migrate.ts")).bareMigrate,
  template: async () => (await import("./migrate.ts")).template,
  templateFileCopy: async () => (await import("./migrate.ts")).templateFileCopy,
  pglite: async () => (await import("./pglite.ts")).pglite,
  pgsqlTest: async () => (await import("./pgsql-test.ts")).pgsqlTest,
};

export const loadContender = (name: ContenderName): Promise<Contender> => LOADERS[name]();
