/** A unit: the throwaway schema or database that one call hands out. */
import type { Blueprint } from "../blueprint/find-blueprint.ts";
import { keepaliveSettings } from "../connections/keepalive.ts";
import type { Connection } from "../drivers/driver.ts";
import { ident } from "../sql/identifiers.ts";
import type { Target } from "../target/target.ts";

interface Common {
  readonly name: string;
  /** The database that holds it. */
  readonly target: Target;
  /** Settings with which every connection to the unit begins; its connections are found by their `application_name`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A unit that was handed out. */
export type Unit =
  | (Common & { readonly isolation: "schema" })
  | (Common & { readonly isolation: "database"; readonly blueprint: Blueprint });

/** A unit with its user's connection to it. */
export interface OpenUnit<C> {
  readonly unit: Unit;
  readonly connection: Connection<C>;
  /** Whether the last sweep was a while ago. */
  readonly sweepIsDue: boolean;
}

/** A unit that is a schema, followed in the search_path by the schemas of its extensions. */
export const schemaUnit = (name: string, target: Target, extensionSchemas: readonly string[]): Unit => ({
  name,
  isolation: "schema",
  target,
  settings: {
    ...keepaliveSettings(target),
    application_name: name,
    search_path: [name, ...extensionSchemas].map(ident).join(", "),
  },
});

/** A unit that is a database. */
export const databaseUnit = (name: string, target: Target, blueprint: Blueprint): Unit => ({
  name,
  isolation: "database",
  target,
  blueprint,
  settings: { ...keepaliveSettings(target), application_name: name, search_path: '"$user", public' },
});
