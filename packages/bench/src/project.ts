/** A made-up project on disk, as drizzle-kit leaves one, and its Drizzle schema. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AnyPgColumn,
  bigint,
  integer,
  jsonb,
  numeric,
  type PgTable,
  pgEnum,
  pgTable,
  serial,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { modelOf, STATUSES, type Table } from "./project-model.ts";

/** What a process has to know of a project; it fits into a message. */
export interface Project {
  readonly name: string;
  readonly tables: number;
  readonly migrations: number;
  readonly migrationsFolder: string;
  /** A table with rows that the migrations put in, and how many. */
  readonly seeded: { readonly table: string; readonly rows: number };
  /** Three tables that a test writes to; nothing has to be there before. */
  readonly written: readonly string[];
}

const EPOCH = Date.UTC(2024, 0, 1);

/** Writes a project's migrations below a folder. */
export function writeProject(parent: string, tables: number, migrations: number): Project {
  const model = modelOf(tables, migrations);
  const name = `p${tables}_${migrations}`;
  const migrationsFolder = join(parent, name);
  mkdirSync(join(migrationsFolder, "meta"), { recursive: true });
  const entries = model.migrations.map((statements, idx) => {
    const tag = `${String(idx).padStart(4, "0")}_step`;
    writeFileSync(join(migrationsFolder, `${tag}.sql`), statements.join("--> statement-breakpoint\n"));
    return { idx, version: "7", when: EPOCH + idx * 3_600_000, tag, breakpoints: true };
  });
  const journal = { version: "7", dialect: "postgresql", entries };
  writeFileSync(join(migrationsFolder, "meta", "_journal.json"), JSON.stringify(journal, null, 2));
  const seeded = model.tables.find(({ seeds }) => seeds > 0);
  if (!seeded) throw new Error(`No table of ${name} has rows`);
  const free = model.tables.filter(({ seeds, references }) => seeds === 0 && references.length === 0);
  return {
    name,
    tables,
    migrations,
    migrationsFolder,
    seeded: { table: seeded.name, rows: seeded.seeds },
    written: free.slice(0, 3).map((table) => table.name),
  };
}

const statusEnum = (name: string) => pgEnum(name, STATUSES);

/** The Drizzle schema of a project of so many tables: all of them, as an application has it. */
export function schemaOf(tables: number): Record<string, unknown> {
  const schema: Record<string, unknown> = {};
  const enums = new Map<string, ReturnType<typeof statusEnum>>();
  for (const table of modelOf(tables, tables).tables) {
    const statusType = enums.get(table.statusType) ?? statusEnum(table.statusType);
    enums.set(table.statusType, statusType);
    schema[table.statusType] = statusType;
    schema[table.name] = drizzleTable(table, statusType, schema as Record<string, PgTable & { id: AnyPgColumn }>);
  }
  return schema;
}

function drizzleTable(
  table: Table,
  statusType: ReturnType<typeof statusEnum>,
  made: Record<string, PgTable & { id: AnyPgColumn }>,
): PgTable {
  const references = Object.fromEntries(
    table.references.map(({ column, table: other }) => {
      const type =
        other.key === "uuid"
          ? uuid(column)
          : other.key === "serial"
            ? integer(column)
            : bigint(column, { mode: "number" });
      return [column, type.references(() => (made[other.name] as { id: AnyPgColumn }).id)];
    }),
  );
  return pgTable(table.name, {
    id:
      table.key === "uuid"
        ? uuid().primaryKey().defaultRandom()
        : table.key === "serial"
          ? serial().primaryKey()
          : bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    name: text().notNull(),
    status: statusType().notNull().default("draft"),
    amount: numeric({ precision: 12, scale: 2 }).notNull().default("0"),
    settings: jsonb().notNull().default({}),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    ...references,
    updatedAt: timestamp("updated_at", { withTimezone: true }),
    position: integer().notNull().default(0),
  });
}
