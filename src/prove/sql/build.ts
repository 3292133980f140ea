/** Pieces of syntax trees, and what is asked of them. */
import { type Node, namesOf, nodesOf } from "./syntax-tree.ts";

const name = (text: string): Node => ({ String: { sval: text } });

const boolean = (value: boolean): Node => ({ A_Const: { boolval: value ? { boolval: true } : {} } });

export const and = (...args: readonly Node[]): Node => ({ BoolExpr: { boolop: "AND_EXPR", args } });

export const or = (...args: readonly Node[]): Node => ({ BoolExpr: { boolop: "OR_EXPR", args } });

export const not = (arg: Node): Node => ({ BoolExpr: { boolop: "NOT_EXPR", args: [arg] } });

/** Holds always, and keeps the parameters of what it replaces: Postgres could not tell their types otherwise. */
export const always = (condition: Node): Node => or(condition, boolean(true));

/** Holds never. */
export const never = (condition: Node): Node => and(condition, boolean(false));

/** The first, with the type that both have in common; the second keeps its parameters. */
export const insteadOf = (value: Node, replaced: Node): Node => choice(boolean(true), value, replaced);

/** NULL, of a value's type. */
export const emptied = (value: Node): Node => choice(boolean(false), value);

function choice(condition: Node, value: Node, otherwise?: Node): Node {
  const when = { CaseWhen: { expr: condition, result: value } };
  return { CaseExpr: { args: [when], ...(otherwise ? { defresult: otherwise } : {}) } };
}

/** The value of one row of a group, of any type. */
export const firstOf = (value: Node): Node =>
  ({ A_Indirection: { arg: call("array_agg", value), indirection: [{ A_Indices: { uidx: integer(1) } }] } }) as Node;

export const column = (...names: readonly string[]): Node => ({ ColumnRef: { fields: names.map(name) } });

export const operator = (symbol: string, lexpr: Node, rexpr: Node): Node => ({
  A_Expr: { kind: "AEXPR_OP", name: [name(symbol)], lexpr, rexpr },
});

export const call = (functionName: string, ...args: readonly Node[]): Node => ({
  FuncCall: { funcname: [name(functionName)], args, funcformat: "COERCE_EXPLICIT_CALL" } as never,
});

export const integer = (value: number): Node => ({ A_Const: { ival: value === 0 ? {} : { ival: value } } });

export const text = (value: string): Node => ({ A_Const: { sval: { sval: value } } });

export const cast = (arg: Node, type: string): Node => ({
  TypeCast: { arg, typeName: { names: [name("pg_catalog"), name(type)], typemod: -1 } as never },
});

export const named = (operatorName: string): readonly Node[] => [name(operatorName)];

export const hasParameter = (tree: unknown): boolean => [...nodesOf(tree)].some(([{ ParamRef }]) => ParamRef);

/** The operator of an expression, without a schema. */
export const operatorOf = ({ A_Expr: expression }: Node): string | undefined =>
  expression && namesOf(expression.name).at(-1);

/** The name of a called function, without a schema. */
export const functionOf = ({ FuncCall: called }: Node): string | undefined => called && namesOf(called.funcname).at(-1);

const AGGREGATES: ReadonlySet<string> = new Set([
  ...["count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every", "any_value", "array_agg", "string_agg"],
  ...["json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "json_agg_strict", "jsonb_agg_strict", "xmlagg"],
  ...["stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "bit_and", "bit_or", "bit_xor"],
  ...["percentile_cont", "percentile_disc", "mode", "range_agg", "range_intersect_agg", "corr"],
]);

export const isAggregate = (node: Node): boolean =>
  node.FuncCall !== undefined && !node.FuncCall.over && AGGREGATES.has(functionOf(node) ?? "");

const SETS =
  /^(unnest|generate_(series|subscripts)|jsonb?_(array_elements(_text)?|each(_text)?|object_keys|path_query|populate_recordset)|regexp_(matches|split_to_table)|string_to_table)$/;

/** Whether a function makes several rows of one. */
export const isSetReturning = (node: Node): boolean => SETS.test(functionOf(node) ?? "");

const VOLATILE = /random|uuid|nextval|clock_timestamp|timeofday/;

/** Whether a function has another value each time. */
export const isVolatile = (node: Node): boolean => VOLATILE.test(functionOf(node) ?? "");
