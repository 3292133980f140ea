/**
 * Reads a blueprint's database for its replay and for the proof of that: on one session, while pg_dump takes the snapshot
 * on a connection of its own.
 */
import { readCatalog } from "../catalog/read-catalog.ts";
import { type Reference, readDependencies } from "../catalog/read-dependencies.ts";
import { type ObjectNames, readObjectNames } from "../catalog/read-object-names.ts";
import type { Session } from "../connections/session.ts";
import type { Side } from "../proof/differences-between.ts";
import { type Dispensable, type PgDump, readDispensable } from "./dump/pg-dump.ts";
import { type Extension, readExtensions } from "./extensions.ts";

/** What is not a function is under way from the beginning; the others read once, and one after the other. */
export interface Reading {
  readonly session: Session;
  readonly dump: Promise<string>;
  readonly names: Promise<ObjectNames>;
  readonly extensions: Promise<Extension[]>;
  /** Whether anything in the database belongs to, is granted to, or has a policy for another role than our own. */
  readonly namesRoles: Promise<boolean>;
  dependencies(): Promise<readonly Reference[]>;
  /** What a unit has to be equal to. */
  side(): Promise<Side>;
}

/** Begins to read. The session must not be used by somebody else until all of it has been awaited. */
export function beginReading(session: Session, schema: string, pgDump: PgDump): Reading {
  let dependencies: Promise<readonly Reference[]> | undefined;
  let side: Promise<Side> | undefined;
  const reading: Reading = {
    session,
    // the first query, so that pg_dump waits for nothing else
    dump: readDispensable(session, schema).then((dispensable: Dispensable) =>
      pgDump.dump(session.target, schema, dispensable),
    ),
    names: readObjectNames(session, schema),
    extensions: readExtensions(session),
    namesRoles: namesRoles(session),
    dependencies() {
      dependencies ??= unheard(readDependencies(session, schema));
      return dependencies;
    },
    side() {
      side ??= unheard(
        reading.dependencies().then(async (references) => ({
          references,
          objects: await readCatalog(session, { schema }),
        })),
      );
      return side;
    },
  };
  for (const part of [reading.dump, reading.names, reading.extensions, reading.namesRoles]) unheard<unknown>(part);
  return reading;
}

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
