/** The two drivers, as the conformance suite wants to know them, and drizzle-orm 0.45 above them. */
import * as orm from "drizzle-orm";
import * as core from "drizzle-orm/pg-core";
import pg from "pg";
import postgres from "postgres";
import { journalFolder } from "../support/migrations.ts";
import type { Subject } from "./conformance.ts";
import type { Tables } from "./tables.ts";

/** What is of the driver, and the same under each line. */
type Driver<Client> = Pick<
  Subject<Client>,
  "name" | "isClient" | "query" | "leaveOpen" | "connect" | "options" | "declares"
>;
/** What is of the line, and the same above each driver. */
export type Line = Pick<Subject<never>, "orm" | "core" | "migrationsFolder" | "typedBy">;

export const POSTGRES_JS: Driver<postgres.Sql> = {
  name: "postgres.js",
  isClient: (client) => typeof client === "function" && "unsafe" in client,
  query: async (client, text) => {
    const result = (await client.unsafe(text)) as object[];
    // several statements have several results
    return [...((Array.isArray(result.at(-1)) ? result.at(-1) : result) as Record<string, unknown>[])];
  },
  leaveOpen: async (client, text) => {
    const reserved = await client.reserve();
    await reserved.unsafe("begin");
    await reserved.unsafe(text);
  },
  connect: (url) => {
    const client = postgres(url, { max: 1, onnotice: () => {} });
    return { client, end: () => client.end() };
  },
  options: (max, statement_timeout) => ({ max, connection: { statement_timeout } }),
  declares: { dates: "string", jsonBooleans: true, ownCommits: "sent" },
};

export const NODE_POSTGRES: Driver<pg.Pool> = {
  name: "node-postgres",
  isClient: (client) => client instanceof pg.Pool,
  query: async (client, text) => {
    const result = (await client.query(text)) as pg.QueryResult | pg.QueryResult[];
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
  },
  leaveOpen: async (client, text) => {
    const taken = await client.connect();
    await taken.query("begin");
    await taken.query(text);
  },
  connect: (url) => {
    const client = new pg.Pool({ connectionString: url, max: 1 });
    return { client, end: () => client.end() };
  },
  options: (max, statement_timeout) => ({ max, statement_timeout }),
  declares: { dates: "Date", jsonBooleans: true, ownCommits: "ignored" },
};

export const DRIZZLE_0: Line = {
  orm,
  core,
  migrationsFolder: journalFolder,
  typedBy: ({ owners, cats, mood }: Tables) => ({
    schema: {
      owners,
      cats,
      mood,
      catsRelations: orm.relations(cats, ({ one }) => ({
        owner: one(owners, { fields: [cats.ownerId], references: [owners.id] }),
      })),
    },
  }),
};
