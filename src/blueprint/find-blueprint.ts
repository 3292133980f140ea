/** What is known of a blueprint that is ready. */
import type { Session } from "../connections/session.ts";

/** Why a schema can't hold exactly what a blueprint holds. */
export type Obstacles = readonly string[];

/** A blueprint that is ready. */
export interface Blueprint {
  readonly fingerprint: string;
  /** The private database. */
  readonly databaseName: string;
  /** Why a schema can't hold exactly what is in it; empty where one can. Undefined until somebody asked for a schema. */
  readonly obstacles: Obstacles | undefined;
  /** Schemas with extensions that its `public` had: they follow the unit in the `search_path`. */
  readonly extensionSchemas: readonly string[];
}

/** What a blueprint is wanted for. */
export interface Wanted {
  /** Whether units may be schemas: then it has to be known whether a schema can hold what the blueprint holds. */
  readonly schema: boolean;
}

/** Whether it is there, and ready for units of the kind that is wanted. */
export const isReadyFor = (found: Blueprint | undefined, { schema }: Wanted): found is Blueprint =>
  found !== undefined && (!schema || found.obstacles !== undefined);

interface Row {
  readonly fingerprint: string;
  readonly name: string;
  readonly checked: boolean;
  readonly obstacles: string[];
  readonly extension_schemas: string[];
}

/** The blueprint that is recorded as ready, if it is there. */
export async function findBlueprint(session: Session, fingerprint: string): Promise<Blueprint | undefined> {
  const [row] = await session.rows<Row & Record<string, unknown>>(
    `select b.fingerprint, b.database_name as name, b.checked,
            to_jsonb(b.obstacles) as obstacles, to_jsonb(b.extension_schemas) as extension_schemas
       from with_test_db.blueprint b
       join pg_database d on d.datname = b.database_name
      where b.fingerprint = $1::text and b.state = 'ready'`,
    [fingerprint],
  );
  return (
    row && {
      fingerprint: row.fingerprint,
      databaseName: row.name,
      obstacles: row.checked ? row.obstacles : undefined,
      extensionSchemas: row.extension_schemas,
    }
  );
}
