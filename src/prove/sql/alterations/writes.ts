/** What writes change, and what they return. */
import type { Block } from "../blocks.ts";
import { column, emptied, insteadOf, never } from "../build.ts";
import { type Conflict, type Node, namesOf, type RangeVar, without } from "../syntax-tree.ts";
import type { Proposal, Propose } from "./proposal.ts";

export const proposeAssignments: Propose = ({ update, insert, path }, show) => {
  const conflict = insert?.onConflictClause;
  const relation = update?.relation ?? insert?.relation;
  const [targets, site] = update
    ? [update.targetList, [...path, "targetList"]]
    : [conflict?.targetList ?? [], [...path, "onConflictClause", "targetList"]];
  if (!relation) return [];
  return targets.flatMap(({ ResTarget: target }, index): Proposal[] => {
    const { name, val } = target ?? {};
    // several at once, by a row or a subquery, and parts of an array have no value of their own
    if (!name || !val || "MultiAssignRef" in val || "indirection" in (target ?? {})) return [];
    if (conflict && isMet(conflict, name, val)) return [];
    const before = column(nameOf(relation), name);
    return [
      {
        kind: "assignment-dropped",
        path: [...site, index, "ResTarget", "val"],
        put: "SetToDefault" in val ? before : insteadOf(before, val),
        column: name,
        defect: `${name} of ${relation.relname} were left as it is, not set to ${show(val)}`,
        row: update
          ? `a row of ${relation.relname} to update that has another ${name} before`
          : `an insert of a row of ${relation.relname} that is there already, with another ${name}`,
      },
    ];
  });
};

/** Whether a column is set to what it was met by: it is the same. */
function isMet({ infer }: Conflict, name: string, { ColumnRef }: Node): boolean {
  const [excluded, own] = namesOf(ColumnRef?.fields ?? []);
  const isInferred = infer?.indexElems?.some(({ IndexElem }) => IndexElem?.name === name) ?? false;
  return isInferred && excluded === "excluded" && own === name;
}

const nameOf = ({ alias, relname }: RangeVar): string => alias?.aliasname ?? relname;

export const proposeConflicts: Propose = ({ insert, path }) => {
  const conflict = insert?.onConflictClause;
  if (!insert || !conflict) return [];
  const { relname } = insert.relation;
  const row = `an insert of a row of ${relname} that is there already`;
  if (conflict.action === "ONCONFLICT_NOTHING") {
    const defect = `an insert of a row of ${relname} that is there already failed`;
    return [{ kind: "conflict-changed", path, put: without(insert, "onConflictClause"), defect, row }];
  }
  // DO NOTHING, with all parameters
  const always: Node = { A_Const: { boolval: { boolval: true } } };
  const put = { ...conflict, whereClause: never(conflict.whereClause ?? always) };
  const defect = `a row of ${relname} that is there already were left as it is`;
  return [{ kind: "conflict-changed", path: [...path, "onConflictClause"], put, defect, row }];
};

/**
 * Not where all columns of the table are returned: nobody chose those that the application does not use. Nor where an UPDATE or DELETE
 * returns one: that tells whether there was a row.
 */
export const proposeReturned: Propose = (block) => {
  const { insert, update, delete: del, path, relations } = block;
  const exprs = (insert ?? update ?? del)?.returningClause?.exprs ?? [];
  if (exprs.length >= (relations[0]?.table?.columns.length ?? 0)) return [];
  if (!insert && exprs.length === 1) return [];
  const site = [...path, "returningClause", "exprs"];
  const columns = exprs.map((node, index): Proposal | undefined => {
    const { ResTarget: target } = node;
    const { val } = target ?? {};
    if (!val || isStar(val)) return undefined;
    const name = target?.name ?? namesOf(val.ColumnRef?.fields ?? []).at(-1);
    return {
      kind: "returned-column-emptied",
      path: [...site, index],
      put: { ResTarget: { ...target, ...(name === undefined ? {} : { name }), val: emptied(val) } },
      column: returnedName(index),
      defect: `${name ?? "a value"} came back as NULL`,
      row: "a row to return",
    };
  });
  const found = columns.filter((column) => column !== undefined);
  if (found.length < 2) return found;
  const all = exprs.map((node, index) => columns[index]?.put ?? node);
  const whole = { path: site, put: all, defect: "all that is returned came back as NULL", row: "a row to return" };
  return [{ kind: "returned-column-emptied", ...whole }, ...found];
};

/** What a comparison calls a value that a statement returns itself: it has the columns besides. */
export const returnedName = (index: number): string => `returned ${index}`;

const isStar = ({ ColumnRef }: Node): boolean => ColumnRef?.fields.some(({ A_Star }) => A_Star) ?? false;

/** Whether a statement changes rows. */
export const isWrite = (blocks: readonly Block[]): boolean =>
  blocks.some(({ insert, update, delete: del }) => insert ?? update ?? del);
