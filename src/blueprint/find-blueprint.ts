/** What is known of a blueprint that is ready. */
import type { Session } from "../connections/session.ts";

/** A blueprint that is ready. */
export interface Blueprint {
  readonly fingerprint: string;
  /** The private database. */
  readonly databaseName: string;
  /** Whether it is known if a schema can hold exactly what is in it: not before a schema is wanted. */
  readonly isChecked: boolean;
  /** Why a schema can't; empty where one can. */
  readonly obstacles: readonly string[];
}

/** Whether it is there, and ready for units of the kind that is wanted. */
export const isReadyFor = (found: Blueprint | undefined, wanted: { readonly schema: boolean }): found is Blueprint =>
  found !== undefined && (found.isChecked || !wanted.schema);

/** The blueprint that is recorded as ready, if it is there. */
export async function findBlueprint(session: Session, fingerprint: string): Promise<Blueprint | undefined> {
  const [blueprint] = await session.rows<Blueprint>(
    `select b.fingerprint, b.database_name as "databaseName", b.checked as "isChecked", to_jsonb(b.obstacles) as obstacles
       from with_test_db.blueprint b
       join pg_database d on d.datname = b.database_name
      where b.fingerprint = $1::text and b.state = 'ready'`,
    [fingerprint],
  );
  return blueprint;
}
