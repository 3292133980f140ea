/** Which tables of a query have a column of `--scoped-by`, without a condition on that column. */
import { byKey } from "../by-key.ts";
import { blocksOf, columnsOf } from "./sql/blocks.ts";
import { conditionsOf } from "./sql/conditions.ts";
import type { TableFacts } from "./sql/facts.ts";
import type { Node } from "./sql/syntax-tree.ts";

export interface Unscoped {
  readonly table: string;
  readonly column: string;
}

/**
 * A condition on a tenant's column, which is required, holds for what is joined as well. A column that may be NULL, such as `deleted_at`, is
 * each row's own, and so has to be its condition.
 */
export function unscopedOf(tree: Node, facts: readonly TableFacts[], scopedBy: readonly string[]): Unscoped[] {
  const blocks = scopedBy.length > 0 ? blocksOf(tree, facts) : [];
  const asked = blocks.flatMap((block) => conditionsOf(block).flatMap(({ node }) => columnsOf(node, block)));
  const unscoped = blocks.flatMap((block) =>
    (block.insert ? [] : block.relations).flatMap((relation) =>
      scopedBy.flatMap((name) => {
        const column = relation.table?.columns.find((each) => each.name === name);
        if (!column || !relation.table) return [];
        const isAsked = asked.some((each) => each.name === name && (column.required || each.relation === relation));
        return isAsked ? [] : [{ table: relation.table.name, column: name }];
      }),
    ),
  );
  return [...byKey(unscoped, ({ table, column }) => `${table} ${column}`).values()].map(([first]) => first);
}
