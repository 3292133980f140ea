/**
 * Each place in a plan where a table is read, and by what. An index serves where something is looked up in it, where it has only the
 * rows that are wanted, or where a LIMIT takes its first rows; an index that is walked from end to end serves nothing. Where a LIMIT
 * takes any rows, none is needed.
 */
import { type Catalog, type TableFacts, tableKey } from "./catalog.ts";
import { renamed } from "./conditions.ts";
import { useOf } from "./lookup.ts";
import { nodesOf, type PlanNode } from "./plan-node.ts";

export interface Scan {
  /** Of a partition, the partitioned table. */
  readonly table: string;
  /** The table's name, or its partition's. */
  readonly partition: string;
  /** The table as SQL writes it. */
  readonly written: string;
  /** What the query calls the table. */
  readonly alias: string;
  /** The indexes that serve. None, where nothing does. */
  readonly served: readonly Served[];
  /** What the rows are chosen by. */
  readonly conditions: readonly string[];
  /** What they are sorted by, where a LIMIT takes the first of all. */
  readonly order: readonly string[];
  /** The indexes, by oid, that are read and serve nothing. */
  readonly walked: readonly number[];
}

export interface Served {
  readonly index: string;
  readonly by: string;
}

export const isUnserved = ({ served }: Scan): boolean => served.length === 0;

/** What the nodes above a scan do with its rows. */
interface Above {
  /** Conditions of the joins. */
  readonly joins: readonly string[];
  /** Whether only as many rows are taken as a LIMIT says. */
  readonly isLimited: boolean;
  /** Whether some of the rows are wanted, as another table says. */
  readonly isChosen: boolean;
  readonly order: readonly string[];
}

const NOTHING: Above = { joins: [], isLimited: false, isChosen: false, order: [] };

const READS: ReadonlySet<string> = new Set([
  ...["Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Tid Scan", "Tid Range Scan"],
]);

/** What keeps the order of what is below it, and asks for no more of it than it is asked for. */
const PASSES: ReadonlySet<string> = new Set([
  ...["LockRows", "Result", "ProjectSet", "Append", "Merge Append", "Subquery Scan"],
]);

export function scansOf(plan: PlanNode, catalog: Catalog): Scan[] {
  return merged(below(plan, NOTHING));

  function below(node: PlanNode, above: Above): Scan[] {
    const own = node["Relation Name"] !== undefined && READS.has(node["Node Type"]) ? [scanOf(node, above)] : [];
    return [...own, ...(node.Plans ?? []).flatMap((child) => below(child, aboveChild(node, child, above)))];
  }

  function aboveChild(node: PlanNode, child: PlanNode, above: Above): Above {
    const relationship = child["Parent Relationship"];
    const type = node["Node Type"];
    const isFirst = relationship === "Outer" || relationship === "Member" || relationship === "Subquery";
    if (!isFirst && relationship !== "Inner") return NOTHING;
    const passes = isFirst && keepsRows(node);
    const join = relationship === "Subquery" ? undefined : node["Join Filter"];
    return {
      joins: relationship === "Subquery" ? [] : [...above.joins, ...(join ? [join] : [])],
      isLimited: isFirst && (type === "Limit" || (above.isLimited && passes)),
      isChosen: above.isChosen || isChosenBySibling(node, child),
      order: type === "Sort" && above.isLimited ? (node["Sort Key"] ?? []) : passes ? above.order : [],
    };
  }

  /** Whether a node has a row for each row of its first input. */
  function keepsRows(node: PlanNode): boolean {
    if (node.Filter !== undefined) return false;
    if (PASSES.has(node["Node Type"])) return true;
    if (node["Node Type"] !== "Nested Loop") return false;
    if (node["Join Type"] === "Left") return true;
    let inner = node.Plans?.find((child) => child["Parent Relationship"] === "Inner");
    if (inner?.["Node Type"] === "Memoize") inner = inner.Plans?.[0];
    return node["Join Type"] === "Inner" && node["Join Filter"] === undefined && inner !== undefined && findsOne(inner);
  }

  /** A row that a foreign key is of, as a rule. */
  function findsOne(node: PlanNode): boolean {
    const table = node["Relation Name"];
    const index = indexOf(catalog.get(tableKey(node.Schema, table)), node["Index Name"]);
    return index !== undefined && !node.Filter && useOf(index, node["Index Cond"], node.Alias ?? table ?? "").findsOne;
  }

  function scanOf(node: PlanNode, above: Above): Scan {
    const name = node["Relation Name"] as string;
    const facts = catalog.get(tableKey(node.Schema, name));
    const alias = node.Alias ?? name;
    const calledName = facts?.isPartition ? alias.replace(/_\d+$/, "") : alias;
    const call = (condition: string): string =>
      facts?.isPartition ? renamed(condition, alias, calledName) : condition;
    const conditions = [node.Filter, node["Recheck Cond"], node["Index Cond"], ...above.joins];
    const served = servedBy(node, above, facts).map(({ index, by }) => ({ index, by: call(by) }));
    const read = nodesOf(node).map((part) => indexOf(facts, part["Index Name"])?.oid);
    return {
      ...{ table: facts?.calledName ?? name, partition: name, written: facts?.written ?? name, alias: calledName },
      served,
      conditions: [...new Set(conditions.flatMap((condition) => (condition ? [call(condition)] : [])))],
      order: above.order.map(call),
      walked: served.length > 0 ? [] : read.filter((oid) => oid !== undefined),
    };
  }
}

/** `inner join` of what has conditions of its own, and `exists`, choose among the rows of the other side. */
function isChosenBySibling(node: PlanNode, child: PlanNode): boolean {
  const type = node["Join Type"];
  if (type === "Semi" || type === "Anti") return child["Parent Relationship"] === "Outer";
  const others = (node.Plans ?? []).filter((other) => other !== child && type === "Inner");
  return others.flatMap(nodesOf).some(({ Filter }) => Filter !== undefined);
}

const indexOf = (facts: TableFacts | undefined, name: string | undefined): TableFacts["indexes"][number] | undefined =>
  facts?.indexes.find((index) => index.name === name);

function servedBy(node: PlanNode, above: Above, facts: TableFacts | undefined): Served[] {
  const alias = node.Alias ?? node["Relation Name"] ?? "";
  const isLimited = above.isLimited && node.Filter === undefined;
  const isWhole = node.Filter === undefined && above.joins.length === 0 && !above.isChosen;
  const usedBy = (part: PlanNode, isOrdered: boolean): Served[] => {
    const index = indexOf(facts, part["Index Name"]);
    if (!index) return [];
    const use = useOf(index, part["Index Cond"], alias);
    const by = use.looksUp
      ? part["Index Cond"]
      : isOrdered && part["Order By"] !== undefined
        ? part["Order By"]
        : isWhole && use.isOwnCondition
          ? "its own condition"
          : isOrdered && use.keepsOrder
            ? (part["Index Cond"] ?? "its order")
            : undefined;
    return by === undefined ? [] : [{ index: index.calledName, by }];
  };
  switch (node["Node Type"]) {
    case "Tid Scan":
    case "Tid Range Scan":
      return node["TID Cond"] ? [{ index: "the rows' own place", by: node["TID Cond"] }] : [];
    case "Index Scan":
    case "Index Only Scan":
      return usedBy(node, isLimited);
    case "Bitmap Heap Scan":
      return ofBitmap(node.Plans?.[0], (part) => usedBy(part, false));
    default:
      return isLimited ? [{ index: "no index", by: "its first rows, whichever they are" }] : [];
  }
}

function ofBitmap(node: PlanNode | undefined, usedBy: (part: PlanNode) => Served[]): Served[] {
  if (!node) return [];
  if (node["Index Name"] !== undefined) return usedBy(node);
  const parts = (node.Plans ?? []).map((part) => ofBitmap(part, usedBy));
  // one half of an OR that reads everything is everything
  return node["Node Type"] === "BitmapOr" && parts.some((part) => part.length === 0) ? [] : parts.flat();
}

/** Partitions as the one table that they are: it is served where each of them is. */
function merged(scans: readonly Scan[]): Scan[] {
  const byTable = new Map<unknown, Scan>();
  for (const scan of scans) {
    const key = scan.partition === scan.table ? scan : JSON.stringify([scan.written, scan.alias]);
    const other = byTable.get(key);
    byTable.set(key, other ? both(other, scan) : scan);
  }
  return [...byTable.values()];
}

function both(a: Scan, b: Scan): Scan {
  const unserved = [a, b].filter(isUnserved);
  const of = unserved.length > 0 ? unserved : [a, b];
  const distinct = <Value>(values: readonly Value[]): Value[] => [
    ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
  ];
  return {
    ...a,
    served: unserved.length > 0 ? [] : distinct([...a.served, ...b.served]),
    conditions: distinct(of.flatMap(({ conditions }) => conditions)),
    walked: [...a.walked, ...b.walked],
  };
}
