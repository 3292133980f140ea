/**
 * Types that fit whichever drizzle-orm is installed: before 1.0 a database is typed by its `schema`, since then by its `relations`. They
 * are derived from the installed package's own types, so one build of the library serves both lines.
 */
import type { drizzle, PostgresJsDatabase } from "drizzle-orm/postgres-js";

/** What `drizzle()` takes besides a client; a generic function stands here for the constraint of its type parameter. */
type InstalledConfig = NonNullable<Parameters<typeof drizzle.mock>[0]>;
type ValueOf<T, Key extends PropertyKey> = Key extends keyof T ? NonNullable<T[Key]> : never;

/** What types `db`: a schema (`import * as schema from "./schema"`) before drizzle-orm 1.0, relations since. */
export type DrizzleSchema = "relations" extends keyof InstalledConfig
  ? ValueOf<InstalledConfig, "relations">
  : ValueOf<InstalledConfig, "schema">;

/** What types `db` where neither a schema nor relations are given: Drizzle's own default. */
export type NoSchema = PostgresJsDatabase extends PostgresJsDatabase<infer TSchema> ? TSchema : never;

/** Options for Drizzle: `logger`, `cache`, and what else the installed line has, such as `casing` before 1.0. */
export type DrizzleOptions = Omit<InstalledConfig, "schema" | "relations">;

/** `schema` before drizzle-orm 1.0, `relations` since. */
export type SchemaOption<TSchema> = "relations" extends keyof InstalledConfig
  ? ByRelations<TSchema>
  : BySchema<TSchema>;

interface BySchema<TSchema> {
  /** Your Drizzle schema. It types `db` and gives it `db.query`; what the unit holds comes from the migrations. */
  schema?: TSchema;
  /** Of drizzle-orm 1.0; an earlier one is installed. */
  relations?: OtherLine<"drizzle-orm is older than 1.0: pass the relations within `schema`">;
}

interface ByRelations<TRelations> {
  /** What `defineRelations(schema, …)` made. It gives `db.query` its types; what the unit holds comes from the migrations. */
  relations?: TRelations;
  /** Of drizzle-orm before 1.0; 1.0 is installed. */
  schema?: OtherLine<"drizzle-orm 1.0 is installed: pass `relations: defineRelations(schema)`">;
}

declare const otherLine: unique symbol;

/** Nothing has this type; its message is what the compiler shows. */
interface OtherLine<Message extends string> {
  readonly [otherLine]: Message;
}
