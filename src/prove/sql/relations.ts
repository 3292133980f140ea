/** The relations of a FROM clause, and what is known of their columns. */
import { functionOf, isSetReturning } from "./build.ts";
import type { TableFacts } from "./facts.ts";
import { type Alias, type Node, namesOf, nodesOf, type RangeVar, type Select } from "./syntax-tree.ts";

export interface Relation {
  /** How columns name it. */
  readonly alias: string;
  /** As people name it. */
  readonly name: string;
  /** The name of the table, view or WITH that it is; of a subquery or a function, none. */
  readonly reads?: string;
  /** Absent for a subquery or a function, and where the catalog has no such table. */
  readonly table: TableFacts | undefined;
  /** What is known of all of its columns: of a subquery, too. */
  readonly facts: Facts | undefined;
  /** Whether an outer join may leave its columns null. */
  readonly isNullable: boolean;
}

export type Facts = Omit<TableFacts, "name">;

/** What is known of a statement's tables. */
export interface Known {
  readonly tables: ReadonlyMap<string, TableFacts>;
  /** The names of those that the statement reads more than once: only with an alias they are one's name. */
  readonly repeated: ReadonlySet<string>;
}

export const relationsOf = (from: readonly Node[], known: Known): Relation[] =>
  from.flatMap((node) => relationsIn(node, known, false, from.length === 1));

function relationsIn(node: Node, known: Known, isNullable: boolean, isAlone: boolean): Relation[] {
  const { JoinExpr, RangeVar, RangeSubselect, RangeTableSample } = node;
  if (JoinExpr) {
    const { jointype, larg, rarg } = JoinExpr;
    const left = isNullable || jointype === "JOIN_RIGHT" || jointype === "JOIN_FULL";
    const right = isNullable || jointype === "JOIN_LEFT" || jointype === "JOIN_FULL";
    return [...relationsIn(larg, known, left, false), ...relationsIn(rarg, known, right, false)];
  }
  if (RangeVar) return [relationOf(RangeVar, isNullable, known)];
  if (RangeTableSample) return relationsIn(RangeTableSample.relation, known, isNullable, isAlone);
  const alias = aliasOf(node);
  const facts =
    RangeSubselect?.subquery && !RangeSubselect.alias?.colnames
      ? selectedOf(RangeSubselect.subquery, known)
      : undefined;
  const only = onlyOf(RangeSubselect?.subquery, known);
  const name = only && (isAlone || only.alias === alias) ? only.name : alias;
  return [{ alias, name, table: undefined, facts, isNullable }];
}

const aliasOf = ({ RangeSubselect, RangeFunction, RangeTableFunc, JsonTable }: Node): string => {
  const { alias, ...content } = (RangeSubselect ?? RangeFunction ?? RangeTableFunc ?? JsonTable ?? {}) as {
    alias?: Alias;
  };
  return alias?.aliasname ?? [...nodesOf(content)].map(([node]) => functionOf(node)).find(Boolean) ?? "";
};

export function relationOf({ schemaname, relname, alias }: RangeVar, isNullable: boolean, known: Known): Relation {
  const table = known.tables.get(schemaname === undefined ? relname : `${schemaname}.${relname}`);
  const own = alias?.aliasname ?? relname;
  const name = own !== relname && known.repeated.has(relname) ? `${relname} (${own})` : relname;
  return { alias: own, name, reads: relname, table, facts: alias?.colnames ? undefined : table, isNullable };
}

/** The only relation of a subquery. */
function onlyOf(subquery: Node | undefined, known: Known): Relation | undefined {
  const [relation, ...others] = relationsOf(subquery?.SelectStmt?.fromClause ?? [], known);
  return others.length === 0 ? relation : undefined;
}

/** A subquery as a table: undefined where it is not known which columns it has. */
function selectedOf({ SelectStmt: select }: Node, known: Known): Facts | undefined {
  if (!select?.targetList || select.larg || select.groupClause?.some(({ GroupingSet }) => GroupingSet))
    return undefined;
  const relations = relationsOf(select.fromClause ?? [], known);
  const selected = select.targetList.flatMap((node) => targetsOf(node, relations));
  if (selected.includes(undefined)) return undefined;
  const targets = selected as readonly Selected[];
  const asOf = (relation: Relation, names: readonly string[]): string[] | undefined => {
    const found = names.flatMap(
      (name) => targets.find((each) => each.relation === relation && each.column === name)?.as ?? [],
    );
    return found.length === names.length ? found : undefined;
  };
  const isOfRows = relations.length === 1 && !isMultiplied(select);
  return {
    columns: targets.map(({ relation, column, as }) => ({
      name: as,
      required: relation ? isRequired(relation, column) : false,
    })),
    keys: isOfRows
      ? relations
          .flatMap((each) => (each.facts?.keys ?? []).flatMap((key) => [asOf(each, key) ?? []]))
          .filter((key) => key.length > 0)
      : [],
    references: relations
      .filter(({ isNullable }) => !isNullable)
      .flatMap((each) =>
        (each.facts?.references ?? []).flatMap(({ columns, ...to }) => {
          const names = asOf(each, columns);
          return names ? [{ columns: names, ...to }] : [];
        }),
      ),
  };
}

/** A column of a result: of a relation, where it is taken as it is. */
interface Selected {
  readonly relation?: Relation;
  readonly column: string;
  readonly as: string;
}

function targetsOf({ ResTarget: target }: Node, relations: readonly Relation[]): (Selected | undefined)[] {
  const names = target?.val?.ColumnRef && namesOf(target.val.ColumnRef.fields);
  if (!names) {
    const as = target?.name ?? functionOf(target?.val ?? {});
    return [as === undefined ? undefined : { column: "", as }];
  }
  const [column = "", alias] = names.toReversed();
  const named = alias === undefined ? relations : relations.filter((each) => each.alias === alias);
  if (column === "*") {
    return named.flatMap((relation) =>
      relation.facts ? relation.facts.columns.map(({ name }) => ({ relation, column: name, as: name })) : [undefined],
    );
  }
  const [relation, ...others] = named.length > 1 ? named.filter((each) => has(each, column)) : named;
  return [{ ...(relation && others.length === 0 ? { relation } : {}), column, as: target?.name ?? column }];
}

const has = ({ facts }: Relation, name: string): boolean => facts?.columns.some((each) => each.name === name) ?? false;

const isRequired = ({ facts, isNullable }: Relation, name: string): boolean =>
  !isNullable && (facts?.columns.find((column) => column.name === name)?.required ?? false);

/** Whether a row of FROM may become several, by a function in the list. */
export const isMultiplied = ({ targetList = [] }: Select): boolean =>
  [...nodesOf(targetList)].some(([node]) => isSetReturning(node));
