/**
 * Where a query reads tables, by the plan that indexes serve best, and which index would serve a table that none does.
 * All happens in one transaction, which is rolled back; that an index would serve is known from having made it there.
 */
import { TestDbError } from "../errors.ts";
import { literal } from "../sql/identifiers.ts";
import { uncaptured } from "../uncaptured.ts";
import { forgetRows, hideIndexes, isSuperuser, namesOfNothing, readCatalog } from "./catalog.ts";
import { ALWAYS, type Executing, planOf, plansOf, set } from "./planning.ts";
import { isUnserved, type Scan, scansOf } from "./scans.ts";
import { suggestIndexes } from "./suggest-index.ts";

/** Drizzle's database or one of its transactions, of either driver and either line. */
export interface Database {
  transaction<Result>(work: (transaction: Executing) => Promise<Result>): Promise<Result>;
}

export interface Explained extends Scan {
  /** For a table that no index serves: a statement that makes one that does. */
  readonly suggested?: string;
}

/**
 * @param small - tables that may be read from end to end
 * @throws TestDbError `OPTION_INVALID` where no table has one of these names; what the driver does, where Postgres does not take the query
 */
export async function explain(db: Database, text: string, small: readonly string[]): Promise<readonly Explained[]> {
  const undo = new Error("rolled back on purpose");
  let explained: readonly Explained[] = [];
  const work = async (transaction: Executing): Promise<never> => {
    await set(transaction, ALWAYS);
    assertNames(await namesOfNothing(transaction, small));
    const planner = await plannerOf(transaction, text, small);
    explained = await planner.advised(await planner.best());
    throw undo;
  };
  await uncaptured(async () => {
    await db.transaction(work).catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  });
  return explained;
}

interface Planner {
  best(): Promise<readonly Scan[]>;
  advised(scans: readonly Scan[]): Promise<readonly Explained[]>;
}

async function plannerOf(transaction: Executing, text: string, small: readonly string[]): Promise<Planner> {
  const isFree = await isSuperuser(transaction);
  const lacking = (scans: readonly Scan[]): number =>
    scans.filter((scan) => isUnserved(scan) && !small.includes(scan.table) && !small.includes(scan.partition)).length;
  const fewest = (choices: readonly (readonly Scan[])[]): readonly Scan[] =>
    [...choices].sort((a, b) => lacking(a) - lacking(b))[0] ?? [];

  async function planned(): Promise<readonly (readonly Scan[])[]> {
    const first = await planOf(transaction, text);
    if (isFree) await forgetRows(transaction, first, await readCatalog(transaction, [first]), small);
    const plans = await plansOf(transaction, text);
    const catalog = await readCatalog(transaction, plans);
    return plans.map((plan) => scansOf(plan, catalog));
  }

  /** An index that the planner takes for the best, and that serves nothing, may hide one that serves. */
  async function best(): Promise<readonly Scan[]> {
    let scans = await planned();
    const all = [...scans];
    const hidden = new Set<number>();
    // without its index, Postgres refuses ON CONFLICT
    while (isFree && lacking(fewest(all)) > 0 && !/\bon\s+conflict\b/i.test(text)) {
      const walked = scans.flat().flatMap((scan) => (isUnserved(scan) ? scan.walked : []));
      const more = walked.filter((oid) => !hidden.has(oid));
      if (more.length === 0) break;
      for (const oid of more) hidden.add(oid);
      await hideIndexes(transaction, more);
      scans = await planned();
      all.push(...scans);
    }
    return fewest(all);
  }

  async function advised(scans: readonly Scan[]): Promise<readonly Explained[]> {
    const explained: Explained[] = [];
    for (const scan of scans) {
      const suggested = isUnserved(scan) ? await firstThatServes(scan, lacking(scans)) : undefined;
      explained.push({ ...scan, ...(suggested === undefined ? {} : { suggested }) });
    }
    return explained;
  }

  async function firstThatServes(scan: Scan, before: number): Promise<string | undefined> {
    for (const keys of suggestIndexes(scan.alias, scan.conditions, scan.order)) {
      const statement = `create index on ${scan.written} (${keys})`;
      await transaction.execute("savepoint with_test_db_suggested");
      // others may be writing to the table
      await set(transaction, { lock_timeout: "200ms" });
      // caught there: a failed query would end the transaction
      await transaction.execute(
        `do ${literal(`begin execute ${literal(statement)}; exception when others then null; end`)}`,
      );
      const after = lacking(fewest(await planned()));
      await transaction.execute("rollback to savepoint with_test_db_suggested");
      if (after < before) return statement;
    }
    return undefined;
  }

  return { best, advised };
}

function assertNames(missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new TestDbError("OPTION_INVALID", {
    what: `except has ${missing.map((name) => JSON.stringify(name)).join(", ")}, and the database no such table`,
    next: "give the table of the schema, as in except: [schema.users]; or its name in the database, without that of its schema",
  });
}
