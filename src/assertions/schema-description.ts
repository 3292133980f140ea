/** A schema as plain objects, by name: what a runner's `toMatchObject()` compares, and shows as a diff. */

export interface SchemaDescription {
  readonly tables: Readonly<Record<string, TableDescription>>;
  readonly views: Readonly<Record<string, ViewDescription>>;
  /** The values of each enum, in their order. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

export interface TableDescription {
  readonly columns: Readonly<Record<string, ColumnDescription>>;
  /** Its columns, or null for none. */
  readonly primaryKey: readonly string[] | null;
  readonly uniques: Readonly<Record<string, UniqueDescription>>;
  readonly foreignKeys: Readonly<Record<string, ForeignKeyDescription>>;
  /** Each check's expression, as Postgres prints it. */
  readonly checks: Readonly<Record<string, string>>;
  /** Each exclusion constraint, as Postgres prints it: `EXCLUDE USING gist (during WITH &&)`. */
  readonly exclusions: Readonly<Record<string, string>>;
  /** Those that are not of a constraint. */
  readonly indexes: Readonly<Record<string, IndexDescription>>;
  readonly triggers: Readonly<Record<string, TriggerDescription>>;
  readonly policies: Readonly<Record<string, PolicyDescription>>;
  readonly rowSecurity: false | "enabled" | "forced";
}

export interface ViewDescription {
  readonly columns: Readonly<Record<string, ColumnDescription>>;
  readonly materialized: boolean;
  /** The SELECT, as Postgres prints it. */
  readonly definition: string;
  readonly indexes: Readonly<Record<string, IndexDescription>>;
}

export interface ColumnDescription {
  /** As Postgres prints it: `character varying(20)`, `timestamp with time zone`, `mood[]`. */
  readonly type: string;
  readonly nullable: boolean;
  /** The expression, as Postgres prints it: `'UTC'::text`, `nextval('users_id_seq'::regclass)`. */
  readonly default: string | null;
  /** The expression of a generated column. */
  readonly generated: string | null;
  readonly identity: "always" | "by default" | null;
}

/** False where a constraint is checked with each statement, else when it is checked if a transaction says nothing. */
export type Deferrable = false | "immediate" | "deferred";

export interface UniqueDescription {
  readonly columns: readonly string[];
  readonly nullsNotDistinct: boolean;
  readonly deferrable: Deferrable;
}

export type ForeignKeyAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

export interface ForeignKeyDescription {
  readonly columns: readonly string[];
  /** A table of another schema is called with that: `auth.users`. */
  readonly references: { readonly table: string; readonly columns: readonly string[] };
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  readonly deferrable: Deferrable;
}

export interface IndexDescription {
  /** Columns and expressions, with what of their order and operators is not the default: `lower(name)`, `starts_at desc`. */
  readonly columns: readonly string[];
  readonly include: readonly string[];
  readonly unique: boolean;
  readonly nullsNotDistinct: boolean;
  /** `btree`, `gin` … */
  readonly method: string;
  /** The condition of a partial index. */
  readonly where: string | null;
}

export interface TriggerDescription {
  readonly timing: "before" | "after" | "instead of";
  /** `insert`, `update`, `update of name, email`, `delete`, `truncate`, in this order. */
  readonly events: readonly string[];
  readonly forEach: "row" | "statement";
  readonly when: string | null;
  readonly function: string;
  readonly enabled: boolean;
}

export interface PolicyDescription {
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly permissive: boolean;
  /** `public` is everybody. */
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}
