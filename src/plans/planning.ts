/**
 * Plans that depend on no value: of a prepared statement with its parameters unknown, and with every way to read a whole table put last.
 * Nothing is run.
 */
import { randomUUID } from "node:crypto";
import { rowsOf } from "../drivers/rows-of.ts";
import { ident, literal } from "../sql/identifiers.ts";
import { tokenize } from "../sql/lexer.ts";
import type { PlanNode } from "./plan-node.ts";

export interface Executing {
  execute(query: string): PromiseLike<unknown>;
}

type Settings = Readonly<Record<string, string>>;

export const ALWAYS: Settings = {
  ...{ plan_cache_mode: "force_generic_plan", max_parallel_workers_per_gather: "0", enable_seqscan: "off" },
  // a join that hashes or merges reads all of one side where a loop could look up
  ...{ enable_hashjoin: "off", enable_mergejoin: "off", enable_nestloop: "on" },
  enable_bitmapscan: "on",
  // a parameter that is NULL is in no partition
  enable_partition_pruning: "off",
};
/** A bitmap is of what was looked up, where any other scan of an index may walk all of it, for its order or for want of anything better. */
const BY_BITMAPS: Settings = { enable_indexscan: "off", enable_indexonlyscan: "off", enable_sort: "on" };
/** A LIMIT needs the first rows only where an index has them in their order. */
const IN_ORDER: Settings = {
  ...{ enable_indexscan: "on", enable_indexonlyscan: "on", enable_sort: "off", enable_incremental_sort: "off" },
};

/** Until the transaction ends, or what was done in it since a savepoint is undone. */
export async function set(transaction: Executing, settings: Settings): Promise<void> {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${literal(name)}, ${literal(value)}, true)`,
  );
  await transaction.execute(`select ${calls.join(", ")}`);
}

/** The best plans of several kinds: where one of them is served by indexes, the query is. */
export async function plansOf(transaction: Executing, text: string): Promise<PlanNode[]> {
  const plans: PlanNode[] = [];
  for (const settings of [BY_BITMAPS, IN_ORDER]) {
    await set(transaction, settings);
    plans.push(await planOf(transaction, text));
  }
  return plans;
}

/** Of a statement of its own each time: one that was planned keeps its plan, whatever is set afterwards. */
export async function planOf(transaction: Executing, text: string): Promise<PlanNode> {
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
