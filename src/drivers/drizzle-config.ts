/** What `drizzle()` is given besides the client, as the installed line of drizzle-orm takes it. */
import { npmVersion as drizzleVersion } from "drizzle-orm/version";
import { TestDbError } from "../errors.ts";
import { assertDrizzleVersion } from "../guard/drizzle-version.ts";

/** The options of a call that are Drizzle's. */
export interface DrizzleParts {
  readonly schema?: unknown;
  readonly relations?: unknown;
  readonly drizzle?: object;
}

/**
 * What the other line takes would be ignored by `drizzle()`, and be missed only where `db.query` or a column's name is.
 *
 * @throws TestDbError `DRIZZLE_TOO_OLD`, `OPTION_INVALID`
 */
export function drizzleConfig({ schema, relations, drizzle }: DrizzleParts, version: string = drizzleVersion): object {
  assertDrizzleVersion(version);
  const installed = `drizzle-orm ${version}, which is installed,`;
  if (Number.parseInt(version, 10) === 0) {
    if (relations === undefined) return { ...drizzle, schema };
    throw new TestDbError("OPTION_INVALID", {
      what: `${installed} does not take relations`,
      why: "defineRelations() belongs to drizzle-orm 1.0; before, relations() are found in the schema",
      next: "withTestDb({ schema, migrationsFolder })",
    });
  }
  // an empty one names nothing that could be missed
  if (schema !== undefined && Object.keys(schema as object).length > 0) {
    throw new TestDbError("OPTION_INVALID", {
      what: `${installed} does not take a schema`,
      why: "since 1.0 it types db.query by relations",
      next: 'import { defineRelations } from "drizzle-orm"; withTestDb({ relations: defineRelations(schema), migrationsFolder })',
    });
  }
  if (drizzle && "casing" in drizzle) {
    throw new TestDbError("OPTION_INVALID", {
      what: `${installed} does not take casing`,
      why: "since 1.0 it is said where a table is declared",
      next: 'import { snakeCase } from "drizzle-orm/pg-core"; snakeCase.table("name", { … })',
    });
  }
  return { ...drizzle, relations };
}
