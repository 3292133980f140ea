/** Reads an origin for its replay and for the proof of that: on one session, while pg_dump takes the snapshot on a connection of its own. */
import { readCatalog } from "../catalog/read-catalog.ts";
import { type Reference, readDependencies } from "../catalog/read-dependencies.ts";
import { readObjectNames } from "../catalog/read-object-names.ts";
import type { Session } from "../connections/session.ts";
import type { Side } from "../proof/differences-between.ts";
import { type CreationOrder, readCreationOrder } from "../replay/creation-order.ts";
import { type PgDump, readDispensable } from "./dump/pg-dump.ts";

/** What is being read of an origin. */
export interface Reading {
  readonly dump: Promise<string>;
  /** The names of the project's objects. */
  readonly own: Promise<ReadonlySet<string>>;
  /** The names of what extensions have in `public`, each with its extension. */
  readonly members: Promise<ReadonlyMap<string, string>>;
  readonly order: Promise<CreationOrder>;
  readonly dependencies: Promise<readonly Reference[]>;
}

/** Begins to read. The session must not be used by somebody else until the dependencies have been awaited. */
export const beginReading = (session: Session, origin: string, pgDump: PgDump): Reading => ({
  // the first query, so that pg_dump waits for nothing else
  dump: unheard(
    readDispensable(session, origin).then((dispensable) => pgDump.dump(session.target, origin, dispensable)),
  ),
  own: unheard(readObjectNames(session, origin).then(({ own }) => own)),
  members: unheard(readObjectNames(session, "public").then(({ members }) => members)),
  order: unheard(readCreationOrder(session, origin)),
  dependencies: unheard(readDependencies(session, origin)),
});

/** A schema with its rows, as it is compared. */
export const readSide = async (
  session: Session,
  schema: string,
  dependencies: Promise<readonly Reference[]>,
): Promise<Side> => ({ references: await dependencies, objects: await readCatalog(session, { schema }) });

/** A promise that fails while nobody waits for it yet must not end the process. */
export function unheard<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
