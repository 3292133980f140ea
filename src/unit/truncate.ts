/** Brings the rows of a unit in use back to what the migrations left, and nothing else: whatever a test made of its catalog stays. */
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import type { Control } from "../control/control.ts";
import { TestDbError } from "../errors.ts";
import { literal } from "../sql/identifiers.ts";
import { callFunction } from "./call-function.ts";
import { resetError } from "./reset.ts";
import type { TableName } from "./table-name.ts";
import type { OpenUnit } from "./unit.ts";

/**
 * @param tables - undefined for all; what refers to them by foreign keys is emptied with them
 * @returns of a database, the OIDs of tables whose rows were brought back: by their transaction, they are not known for the migrations'
 * @throws TestDbError `RESET_FAILED`, `OPTION_INVALID`
 */
export async function truncateUnit(
  control: Control,
  { unit, connection }: Pick<OpenUnit<unknown>, "unit" | "connection">,
  tables: readonly PgTable[] | undefined,
): Promise<readonly string[]> {
  const named = tables && namesOf(tables);
  if (named?.length === 0) return [];
  try {
    if (unit.isolation === "database") {
      const { truncateDatabase } = await import("./truncate-database.ts");
      return await truncateDatabase(control, unit.name, named);
    }
    const elsewhere = named?.find(({ schema }) => schema !== undefined);
    if (elsewhere)
      throw new Error(`${elsewhere.schema}.${elsewhere.name} is in a schema of its own, outside of the unit`);
    const list = named ? `, array[${named.map(({ name }) => literal(name)).join(", ")}]` : "";
    await callFunction(control, `with_test_db.truncate(${literal(unit.name)}${list})::text`, connection);
    return [];
  } catch (error) {
    throw resetError(unit, error, "truncate");
  }
}

const namesOf = (tables: readonly PgTable[]): TableName[] => {
  if (!Array.isArray(tables)) throw noTables("something else");
  return tables.map((table: unknown) => {
    if (!is(table, PgTable)) throw noTables("something else in it");
    const { schema, name } = getTableConfig(table);
    return { schema, name };
  });
};

const noTables = (given: string): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `truncate() takes an array of tables, and was given ${given}`,
    next: "truncate([schema.things]); without an argument, it empties all tables",
  });
