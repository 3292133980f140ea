/**
 * Plans that depend on no value and, where that may be, on no number of rows: of a prepared statement with its parameters unknown,
 * of tables that nothing is known of, and with every way to read a whole table put last. Nothing is run, and all is rolled back.
 */
import { randomUUID } from "node:crypto";
import { ident, literal } from "../sql/identifiers.ts";
import { tokenize } from "../sql/lexer.ts";
import { uncaptured } from "../uncaptured.ts";
import { nodesOf, type PlanNode } from "./plan-node.ts";

/** Drizzle's database or one of its transactions, of either driver and either line. */
export interface Database {
  transaction<Result>(work: (transaction: Executing) => Promise<Result>): Promise<Result>;
}

export interface Executing {
  execute(query: string): PromiseLike<unknown>;
}

export interface Explained {
  /** The best plans of several kinds: where one of them is served by indexes, the query is. */
  readonly plans: readonly PlanNode[];
  /** Indexes on a part of their table, by {@link indexKey}. */
  readonly partial: ReadonlySet<string>;
}

export const indexKey = (schema: string | undefined, name: string | undefined): string =>
  JSON.stringify([schema, name]);

type Settings = Readonly<Record<string, string>>;

const ALWAYS: Settings = {
  ...{ plan_cache_mode: "force_generic_plan", max_parallel_workers_per_gather: "0", enable_seqscan: "off" },
  // a join that hashes or merges reads all of one side where a loop could look up
  ...{ enable_hashjoin: "off", enable_mergejoin: "off", enable_nestloop: "on" },
  enable_bitmapscan: "on",
};
/** A bitmap is of what was looked up, where any other scan of an index may walk all of it, for its order or for want of anything better. */
const BY_BITMAPS: Settings = { enable_indexscan: "off", enable_indexonlyscan: "off", enable_sort: "on" };
/** A LIMIT needs the first rows only where an index has them in their order. */
const IN_ORDER: Settings = {
  ...{ enable_indexscan: "on", enable_indexonlyscan: "on", enable_sort: "off", enable_incremental_sort: "off" },
};

/**
 * @param small - tables that may be read from end to end: a join begins with those
 * @throws what the driver does, where Postgres does not take the query
 */
export async function explain(db: Database, text: string, small: readonly string[]): Promise<Explained> {
  const undo = new Error("rolled back on purpose");
  let explained: Explained | undefined;
  const work = async (transaction: Executing): Promise<never> => {
    await set(transaction, ALWAYS);
    await forgetRows(transaction, await planOf(transaction, text), small);
    const plans: PlanNode[] = [];
    for (const settings of [BY_BITMAPS, IN_ORDER]) {
      await set(transaction, settings);
      plans.push(await planOf(transaction, text));
    }
    explained = { plans, partial: await readPartial(transaction) };
    throw undo;
  };
  await uncaptured(async () => {
    await db.transaction(work).catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  });
  return explained as unknown as Explained;
}

async function set(transaction: Executing, settings: Settings): Promise<void> {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${literal(name)}, ${literal(value)}, true)`,
  );
  await transaction.execute(`select ${calls.join(", ")}`);
}

/** Of a statement of its own each time: one that was planned keeps its plan, whatever is set afterwards. */
async function planOf(transaction: Executing, text: string): Promise<PlanNode> {
  const statement = ident(`with_test_db_${randomUUID()}`);
  const parameters = Array(parametersIn(text)).fill("null").join(", ");
  await transaction.execute(`prepare ${statement} as ${text}`);
  const [row] = rowsOf(
    await transaction.execute(`explain (verbose, format json) execute ${statement} ${parameters && `(${parameters})`}`),
  );
  // a rollback keeps prepared statements
  await transaction.execute(`deallocate ${statement}`);
  const value = Object.values(row ?? {})[0];
  const [explained] = (typeof value === "string" ? JSON.parse(value) : value) as [{ readonly Plan: PlanNode }];
  return explained.Plan;
}

/** How many parameters a text has: the greatest number. */
const parametersIn = (text: string): number =>
  Math.max(0, ...tokenize(text).map((token) => Number(/^\$(\d+)$/.exec(token.text)?.[1] ?? 0)));

/**
 * Has the tables of a plan be taken for tables that were never analyzed, as those of a new unit are: of one row that is known,
 * a lookup costs what a walk does, and the plan is decided by accident. Only a superuser may; for others, what is known counts.
 */
async function forgetRows(transaction: Executing, plan: PlanNode, small: readonly string[]): Promise<void> {
  const tables = nodesOf(plan).flatMap((node) =>
    node["Relation Name"] === undefined ? [] : [{ schema: node.Schema, name: node["Relation Name"] }],
  );
  const [row] = rowsOf(await transaction.execute("select current_setting('is_superuser') as may"));
  if (tables.length === 0 || row?.["may"] !== "on") return;
  const oids = (some: readonly { readonly name: string }[]): string =>
    `select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.jsonb_to_recordset(${literal(JSON.stringify(some))}) t (schema text, name text)
         on t.name = c.relname and (t.schema = n.nspname or t.schema = 'pg_temp' and n.oid = pg_catalog.pg_my_temp_schema())
      where n.nspname not in ('pg_catalog', 'information_schema')`;
  await transaction.execute(`delete from pg_catalog.pg_statistic where starelid in (${oids(tables)})`);
  for (const [isSmall, rows, pages] of [
    [false, -1, 0],
    [true, 1, 1],
  ] as const) {
    const some = tables.filter(({ name }) => small.includes(name) === isSmall);
    if (some.length === 0) continue;
    await transaction.execute(
      `update pg_catalog.pg_class set reltuples = ${rows}, relpages = ${pages} where oid in (${oids(some)})`,
    );
  }
}

async function readPartial(transaction: Executing): Promise<ReadonlySet<string>> {
  const answer = await transaction.execute(
    `select case when n.oid = pg_catalog.pg_my_temp_schema() then 'pg_temp' else n.nspname end as schema, c.relname as name
       from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where i.indpred is not null`,
  );
  return new Set(rowsOf(answer).map(({ schema, name }) => indexKey(String(schema), String(name))));
}

/** A list with postgres.js, and in `rows` with node-postgres. */
const rowsOf = (answer: unknown): readonly Record<string, unknown>[] =>
  (Array.isArray(answer) ? answer : (answer as { readonly rows: unknown }).rows) as readonly Record<string, unknown>[];
