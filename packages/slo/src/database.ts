import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type * as schema from "./schema/index.ts";

export type SloDatabase = PostgresJsDatabase<typeof schema>;
