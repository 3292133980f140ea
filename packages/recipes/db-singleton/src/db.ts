import { drizzle } from "drizzle-orm/postgres-js";
import postgres, { type Sql } from "postgres";
import * as schema from "../../schema.ts";

if (!process.env["DATABASE_URL"]) throw new Error("DATABASE_URL is not set");

// a server that reloads its modules keeps the client
const kept = globalThis as typeof globalThis & { client?: Sql };
const client = kept.client ?? postgres(process.env["DATABASE_URL"]);
if (process.env["NODE_ENV"] !== "production") kept.client = client;

export const db = drizzle(client, { schema });
