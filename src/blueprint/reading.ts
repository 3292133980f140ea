/**
 * Reads a blueprint's database for its replay and for the proof of that: on one session, while pg_dump takes the snapshot
 * on a connection of its own.
 */
import { readCatalog } from "../catalog/read-catalog.ts";
import { type Reference, readDependencies } from "../catalog/read-dependencies.ts";
import { type ObjectNames, readObjectNames } from "../catalog/read-object-names.ts";
import type { Session } from "../connections/session.ts";
import { type PgDump, readDispensable } from "./dump/pg-dump.ts";
import { type Extension, readExtensions } from "./extensions.ts";
import type { Side } from "./old/proof/differences-between.ts";

/** What is being read of a blueprint's `public`. */
export interface Reading {
  readonly session: Session;
  readonly dump: Promise<string>;
  readonly names: Promise<ObjectNames>;
  readonly extensions: Promise<Extension[]>;
  /** Whether anything in the database belongs to, is granted to, or has a policy for another role than our own. */
  readonly namesRoles: Promise<boolean>;
  readonly dependencies: Promise<readonly Reference[]>;
}

/** Begins to read. The session must not be used by somebody else until the dependencies have been awaited. */
export const beginReading = (session: Session, pgDump: PgDump): Reading => ({
  session,
  // the first query, so that pg_dump waits for nothing else
  dump: unheard(
    readDispensable(session, "public").then((dispensable) => pgDump.dump(session.target, "public", dispensable)),
  ),
  names: unheard(readObjectNames(session, "public")),
  extensions: unheard(readExtensions(session)),
  namesRoles: unheard(namesRoles(session)),
  dependencies: unheard(readDependencies(session, "public")),
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

async function namesRoles(session: Session): Promise<boolean> {
  const rows = await session.rows(
    `select 1 as found from pg_shdepend s
      where s.dbid = (select oid from pg_database where datname = current_database())
        and s.refclassid = 'pg_authid'::regclass and s.refobjid <> (select oid from pg_roles where rolname = current_user)
      limit 1`,
  );
  return rows.length > 0;
}
