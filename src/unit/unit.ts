/** A unit: the throwaway schema or database that one call hands out. */
import { keepaliveSettings } from "../connections/keepalive.ts";
import type { Connection } from "../drivers/driver.ts";
import type { Isolation } from "../options.ts";
import { onDatabase, type Target } from "../target/target.ts";

/** A unit that was handed out. */
export interface Unit {
  readonly name: string;
  readonly isolation: Isolation;
  /** The database that holds it. */
  readonly target: Target;
  /** Settings with which every connection to the unit begins; its connections are found by their `application_name`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A unit with its user's connection to it. */
export interface OpenUnit<C> {
  readonly unit: Unit;
  readonly connection: Connection<C>;
  readonly context: C;
  /** Why it is a database, where it could have been a schema. */
  readonly reasons: readonly string[];
  /** Whether the last sweep was a while ago. */
  readonly sweepIsDue: boolean;
}

/** A unit of a home. */
export const unitIn = (home: Target, name: string, isolation: Isolation): Unit =>
  isolation === "schema" ? schemaUnit(name, home) : databaseUnit(name, home);

/** A unit that is a schema, followed in the search_path by the schema of extensions. */
export const schemaUnit = (name: string, home: Target, more: Unit["settings"] = {}): Unit => ({
  name,
  isolation: "schema",
  target: home,
  settings: { ...more, ...keepaliveSettings(home), application_name: name, search_path: `${name}, public` },
});

/** A unit that is a database. */
export const databaseUnit = (name: string, home: Target, more: Unit["settings"] = {}): Unit => ({
  name,
  isolation: "database",
  target: onDatabase(home, name),
  settings: { ...more, ...keepaliveSettings(home), application_name: name, search_path: '"$user", public' },
});
