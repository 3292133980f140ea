/**
 * Makes up a project: what its tables are, and the steps by which they came about. The tables depend on their number
 * only; a longer history reaches the same tables by detours, so that two histories can be compared on equal tables.
 */
import { randomFrom } from "./random.ts";

export type Key = "identity" | "serial" | "uuid";

export interface Reference {
  readonly column: string;
  readonly table: Table;
}

export interface Table {
  readonly name: string;
  readonly key: Key;
  readonly statusType: string;
  readonly references: readonly Reference[];
  /** How many rows the migrations put in. */
  readonly seeds: number;
}

/** The statements of one migration. */
export type Step = readonly string[];

export interface Model {
  readonly tables: readonly Table[];
  readonly views: number;
  readonly migrations: readonly Step[];
}

const NOUNS =
  "account address agreement alert article asset audit badge batch booking branch budget bundle campaign cart category channel claim comment company contact contract coupon course customer delivery deposit device discount document draft driver employee event expense feature feedback folder guest incident invoice item job label lead ledger listing location".split(
    " ",
  );
const SUFFIXES = ["", "_entry", "_link"];
export const STATUSES = ["draft", "active", "paused", "archived"] as const;
const KEY_TYPE: Readonly<Record<Key, string>> = { identity: "bigint", serial: "integer", uuid: "uuid" };
const KEY_COLUMN: Readonly<Record<Key, string>> = {
  identity: '"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY',
  serial: '"id" serial PRIMARY KEY NOT NULL',
  uuid: '"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL',
};
const TABLES_PER_TYPE = 6;
/** How many tables later a table is altered, as a project does when it learns. */
const LEARNED_AFTER = 4.5;

/** A project of so many tables, made in so many migrations. */
export function modelOf(tableCount: number, migrationCount: number): Model {
  const tables = makeTables(tableCount);
  const steps = stepsOf(tables);
  const views = steps.filter(({ statements }) => statements.some((text) => text.startsWith("CREATE VIEW"))).length;
  const detours = Math.max(0, Math.ceil((migrationCount - steps.length) / 2));
  const history = [...steps, ...detoursOver(tables, detours)]
    .sort((a, b) => a.at - b.at)
    .map(({ statements }) => statements);
  return { tables, views, migrations: inChunks(history, migrationCount) };
}

function makeTables(count: number): Table[] {
  if (count > NOUNS.length * SUFFIXES.length) throw new RangeError(`No names for ${count} tables`);
  const random = randomFrom(count);
  const tables: Table[] = [];
  for (let i = 0; i < count; i++) {
    const references = new Map<string, Reference>();
    for (let n = i === 0 ? 0 : Math.floor(random() * 3.4); n > 0; n--) {
      const table = tables[Math.floor(random() * tables.length)] as Table;
      references.set(table.name, { column: `${table.name}_id`, table });
    }
    tables.push({
      name: `${NOUNS[i % NOUNS.length]}${SUFFIXES[Math.floor(i / NOUNS.length)]}`,
      key: (["identity", "serial", "uuid"] as const)[i % 3] as Key,
      statusType: `${NOUNS[Math.floor(i / TABLES_PER_TYPE)]}_status`,
      references: [...references.values()],
      // what others refer to later has none of its own to refer to
      seeds: i % 5 === 1 ? 4 + Math.floor(random() * 12) : 0,
    });
  }
  return tables.map((table) => (table.references.length > 0 ? { ...table, seeds: 0 } : table));
}

interface Placed {
  readonly at: number;
  readonly statements: Step;
}

function stepsOf(tables: readonly Table[]): Placed[] {
  const steps: Placed[] = [{ at: 2.2, statements: [TOUCH] }];
  tables.forEach((table, i) => {
    steps.push({ at: i, statements: [...(i % TABLES_PER_TYPE === 0 ? [enumType(table)] : []), ...creation(table)] });
    steps.push({ at: i + LEARNED_AFTER, statements: evolution(table, i) });
    if (table.seeds > 0) steps.push({ at: i + LEARNED_AFTER + 0.1, statements: [seeding(table)] });
    if (i % 10 === 7) steps.push({ at: i + LEARNED_AFTER + 0.2, statements: [view(table, tables[i - 3] as Table)] });
  });
  return steps;
}

const enumType = ({ statusType }: Table): string =>
  `CREATE TYPE "${statusType}" AS ENUM(${STATUSES.map((status) => `'${status}'`).join(", ")});`;

function creation({ name, key, statusType, references }: Table): string[] {
  const columns = [
    KEY_COLUMN[key],
    '"name" text NOT NULL',
    `"status" "${statusType}" DEFAULT 'draft' NOT NULL`,
    "\"amount\" numeric(12, 2) DEFAULT '0' NOT NULL",
    "\"settings\" jsonb DEFAULT '{}'::jsonb NOT NULL",
    '"created_at" timestamp with time zone DEFAULT now() NOT NULL',
    ...references.map(({ column, table }) => `"${column}" ${KEY_TYPE[table.key]}`),
  ];
  return [
    `CREATE TABLE "${name}" (\n\t${columns.join(",\n\t")}\n);`,
    ...references.map(
      ({ column, table }) =>
        `ALTER TABLE "${name}" ADD CONSTRAINT "${name}_${column}_fk" FOREIGN KEY ("${column}") REFERENCES "${table.name}"("id") ON DELETE cascade ON UPDATE no action;`,
    ),
    ...references.map(({ column }) => `CREATE INDEX "${name}_${column}_idx" ON "${name}" USING btree ("${column}");`),
  ];
}

function evolution({ name }: Table, i: number): string[] {
  return [
    `ALTER TABLE "${name}" ADD COLUMN "updated_at" timestamp with time zone;`,
    `ALTER TABLE "${name}" ADD COLUMN "position" integer DEFAULT 0 NOT NULL;`,
    `ALTER TABLE "${name}" ADD CONSTRAINT "${name}_position_check" CHECK ("position" >= 0);`,
    i % 2 === 0
      ? `CREATE UNIQUE INDEX "${name}_name_unique" ON "${name}" USING btree (lower("name"));`
      : `CREATE INDEX "${name}_active_idx" ON "${name}" USING btree ("created_at") WHERE "status" = 'active';`,
    ...(i % 4 === 0
      ? [`CREATE TRIGGER "${name}_touch" BEFORE UPDATE ON "${name}" FOR EACH ROW EXECUTE FUNCTION touch();`]
      : []),
  ];
}

const TOUCH =
  "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n\tNEW.updated_at := now();\n\tRETURN NEW;\nEND $$;";

const seeding = ({ name, seeds }: Table): string =>
  `INSERT INTO "${name}" ("name", "status", "position") VALUES\n${Array.from(
    { length: seeds },
    (_, n) => `\t('${name} ${n + 1}', '${STATUSES[n % STATUSES.length]}', ${n})`,
  ).join(",\n")};`;

const view = (table: Table, other: Table): string =>
  `CREATE VIEW "${table.name}_overview" AS SELECT t."status", count(*) AS "rows", sum(t."amount") AS "amount", (SELECT count(*) FROM "${other.name}") AS "others" FROM "${table.name}" t GROUP BY t."status";`;

/** Pairs of steps of which the second undoes the first. */
function detoursOver(tables: readonly Table[], count: number): Placed[] {
  const random = randomFrom(count);
  return Array.from({ length: count }, (_, n) => {
    const i = Math.floor((n / count) * tables.length);
    const { name } = tables[i] as Table;
    const at = i + LEARNED_AFTER + 1 + random() * 3;
    const [there, back] = detour(name, n);
    return [
      { at, statements: there },
      { at: at + 0.5 + random() * 3, statements: back },
    ];
  }).flat();
}

function detour(name: string, n: number): [Step, Step] {
  switch (n % 4) {
    case 0:
      return [
        [`ALTER TABLE "${name}" ADD COLUMN "legacy_${n}" text;`, `UPDATE "${name}" SET "legacy_${n}" = lower("name");`],
        [`ALTER TABLE "${name}" DROP COLUMN "legacy_${n}";`],
      ];
    case 1:
      return [
        [`CREATE INDEX "${name}_trial_${n}_idx" ON "${name}" USING btree ("status","created_at");`],
        [`DROP INDEX "${name}_trial_${n}_idx";`],
      ];
    case 2:
      return [
        [`ALTER TABLE "${name}" RENAME COLUMN "amount" TO "total";`],
        [`ALTER TABLE "${name}" RENAME COLUMN "total" TO "amount";`],
      ];
    default:
      return [
        [
          `CREATE TABLE "${name}_import_${n}" ("id" serial PRIMARY KEY NOT NULL, "line" text);`,
          `INSERT INTO "${name}_import_${n}" ("line") SELECT 'line ' || g FROM generate_series(1, 20) g;`,
        ],
        [`DROP TABLE "${name}_import_${n}";`],
      ];
  }
}

/** Exactly so many migrations, each with the steps that came together. */
function inChunks(steps: readonly Step[], count: number): Step[] {
  return Array.from({ length: count }, (_, n) =>
    steps.slice(Math.floor((n * steps.length) / count), Math.floor(((n + 1) * steps.length) / count)).flat(),
  );
}
