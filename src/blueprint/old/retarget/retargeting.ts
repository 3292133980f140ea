/** How the names of a schema change when it is made again under another name. */

/** Where the names of one schema go. */
export interface Retargeting {
  /** The schema that was dumped. */
  readonly from: string;
  /** The schema to make instead. */
  readonly to: string;
  /** Names of everything in the dumped schema that the project owns, operators among them. */
  readonly own: ReadonlySet<string>;
  /** Names of extension members in the dumped schema, each with the schema that has them where the unit is. */
  readonly members: ReadonlyMap<string, string>;
  /** Who makes the unit, and so owns everything in it that the dump gives to nobody else. */
  readonly owner: string;
}

/** Where an object of the dumped schema is to be found; undefined if it has none of that name. */
export function schemaOf(name: string, into: Retargeting): string | undefined {
  return into.own.has(name) ? into.to : into.members.get(name);
}
