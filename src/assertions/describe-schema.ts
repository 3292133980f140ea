/** What the migrations made, read from the catalog. Nothing in it depends on the name of the unit. */
import { TestDbError } from "../errors.ts";
import { documents, type Queryable } from "./queryable.ts";
import type {
  ColumnDescription,
  Deferrable,
  ForeignKeyAction,
  IndexDescription,
  PolicyDescription,
  SchemaDescription,
  TableDescription,
  TriggerDescription,
  ViewDescription,
} from "./schema-description.ts";
import { schemaQuery } from "./schema-query.ts";
import { withoutUnit } from "./without-unit.ts";

/**
 * Describes a schema in plain objects: tables with columns, keys, checks, indexes, triggers and policies, views, and enums. Members of
 * extensions and partitions are left out. What Postgres prints (types, expressions) may differ from one major version to another.
 *
 * @param db - `testDb.db`, or a transaction
 * @param schema - another schema than the unit's: one that the migrations name, where the unit is a database
 * @throws TestDbError `OPTION_INVALID` where there is no such schema
 *
 * @example
 * ```ts
 * const { tables, enums } = await describeSchema(testDb.db);
 * expect(tables).toMatchObject({
 *   users: { columns: { email: { type: "text", nullable: false } }, uniques: { users_email_unique: { columns: ["email"] } } },
 * });
 * ```
 */
export async function describeSchema(db: Queryable, schema?: string): Promise<SchemaDescription> {
  const [document] = await documents(db, schemaQuery(schema));
  if (document === undefined) throw noSuchSchema(schema);
  const { tables, views, enums } = JSON.parse(withoutUnit(document)) as Read;
  return {
    tables: byName(tables, describeTable),
    views: byName(views, describeView),
    enums: byName(enums, ({ values }) => values),
  };
}

type Named<T = object> = { readonly name: string } & T;

/** What the query reads: lists, since JSON in Postgres forgets the order of names. */
interface Read {
  readonly tables: readonly Named<ReadTable>[];
  readonly views: readonly Named<ReadView>[];
  readonly enums: readonly Named<{ readonly values: readonly string[] }>[];
}

interface ReadTable extends Pick<TableDescription, "rowSecurity"> {
  readonly columns: readonly Named<ColumnDescription>[];
  readonly constraints: readonly Named<ReadConstraint>[];
  readonly indexes: readonly Named<IndexDescription>[];
  readonly triggers: readonly Named<TriggerDescription>[];
  readonly policies: readonly Named<PolicyDescription>[];
}

interface ReadView extends Pick<ViewDescription, "materialized" | "definition"> {
  readonly columns: readonly Named<ColumnDescription>[];
  readonly indexes: readonly Named<IndexDescription>[];
}

interface ReadConstraint {
  readonly kind: "p" | "u" | "f" | "c" | "x";
  readonly columns: readonly string[];
  readonly deferrable: Deferrable;
  readonly nullsNotDistinct: boolean;
  readonly references: string;
  readonly referenced: readonly string[];
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  readonly expression: string;
  readonly definition: string;
}

function describeTable({
  columns,
  constraints,
  indexes,
  triggers,
  policies,
  rowSecurity,
}: ReadTable): TableDescription {
  const of = (kind: ReadConstraint["kind"]) => constraints.filter((each) => each.kind === kind);
  return {
    columns: byName(columns, same),
    primaryKey: of("p")[0]?.columns ?? null,
    uniques: byName(of("u"), ({ columns, nullsNotDistinct, deferrable }) => ({
      columns,
      nullsNotDistinct,
      deferrable,
    })),
    foreignKeys: byName(of("f"), ({ columns, references, referenced, onDelete, onUpdate, deferrable }) => ({
      columns,
      references: { table: references, columns: referenced },
      onDelete,
      onUpdate,
      deferrable,
    })),
    checks: byName(of("c"), ({ expression }) => expression),
    exclusions: byName(of("x"), ({ definition }) => definition),
    indexes: byName(indexes, same),
    triggers: byName(triggers, same),
    policies: byName(policies, same),
    rowSecurity,
  };
}

const describeView = ({ columns, indexes, ...rest }: ReadView): ViewDescription => ({
  ...rest,
  columns: byName(columns, same),
  indexes: byName(indexes, same),
});

const same = <T>(each: T): T => each;

/** By their names, which are no part of what is told of them. */
const byName = <T, U>(list: readonly Named<T>[], describe: (each: T) => U): Readonly<Record<string, U>> =>
  Object.fromEntries(list.map(({ name, ...rest }) => [name, describe(rest as unknown as T)]));

const noSuchSchema = (schema: string | undefined): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what:
      schema === undefined
        ? "The search_path of this database names no schema"
        : `There is no schema "${schema}" to describe`,
    next: "describeSchema(testDb.db) describes the unit's own; name another only where the migrations make one",
  });
