/** The order in which tables get rows: whoever is referred to comes first. */

/** A table, and those that its foreign keys refer to. */
export interface Referring {
  readonly oid: number;
  readonly parents: readonly { readonly oid: number; readonly notNull: boolean }[];
}

/** Parents first. In a circle, first those that can do without the parent. A parent that is not in the list counts as there. */
export function inForeignKeyOrder<Table extends Referring>(tables: readonly Table[]): Table[] {
  const left = [...tables];
  const done: Table[] = [];
  const isFree = (table: Table, needed: boolean): boolean =>
    table.parents.every(
      ({ oid, notNull }) => oid === table.oid || !left.some((other) => other.oid === oid) || (needed && !notNull),
    );
  while (left.length > 0) {
    const next = left.find((table) => isFree(table, false)) ?? left.find((table) => isFree(table, true)) ?? left[0];
    done.push(...left.splice(left.indexOf(next as Table), 1));
  }
  return done;
}
