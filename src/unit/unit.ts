/** A unit: the throwaway schema or database that one call hands out. */
import type { Blueprint } from "../blueprint/find-blueprint.ts";
import { missedSoon } from "../connections/keepalive.ts";
import { connectError } from "../connections/session.ts";
import type { Connection, ConnectOptions, Driver } from "../drivers/driver.ts";
import { assertSessionPooling, unknownDatabase } from "../postgres/pooling.ts";
import { ident } from "../sql/identifiers.ts";
import type { Target } from "../target/target.ts";

interface Common {
  readonly name: string;
  /** The database that holds it. */
  readonly target: Target;
  /** What every connection to it begins with. `application_name` is how its connections are found again. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A unit in somebody's hands. */
export type Unit =
  | (Common & { readonly isolation: "schema" })
  | (Common & { readonly isolation: "database"; readonly blueprint: Blueprint });

/** A unit with its user's connection to it. */
export interface OpenUnit<C> {
  readonly unit: Unit;
  readonly connection: Connection<C>;
}

/** A unit that is a schema, followed in the search_path by the schemas of its extensions. */
export const schemaUnit = (name: string, target: Target, extensionSchemas: readonly string[]): Unit => ({
  name,
  isolation: "schema",
  target,
  settings: {
    ...missedSoon(target),
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
  settings: { ...missedSoon(target), application_name: name, search_path: '"$user", public' },
});

/** Poolers of which it is known that they keep a session together. */
const trusted = new Set<string>();

/**
 * Connects to a unit as its user does: through the pooler, where there is one.
 *
 * @throws TestDbError `SERVER_POOLED` where the pooler would not keep a connection with its unit
 */
export async function connectUnit<C>(driver: Driver<C>, unit: Unit, options?: ConnectOptions): Promise<Connection<C>> {
  const { pooler } = unit.target;
  if (!pooler) return driver.connect(unit.target, unit.settings, options);
  const key = JSON.stringify(pooler);
  if (!trusted.has(key)) {
    await assertSessionPooling(pooler).catch((error) => {
      throw unknownDatabase(pooler, unit.target, error) ?? connectError(pooler, error);
    });
    // a database of one's own may be pooled in another way than the next
    if (unit.isolation === "schema") trusted.add(key);
  }
  return driver.connect(pooler, unit.settings, { ...options, pooled: true });
}
