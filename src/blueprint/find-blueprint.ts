/** What is known of a blueprint that is ready. */
import type { Session } from "../connections/session.ts";

/** Why a schema can't hold exactly what a blueprint holds. */
export type Obstacles = readonly string[];

/** A blueprint that is ready. */
export interface Blueprint {
  readonly fingerprint: string;
  /** The private database; or, `inPlace`, the schema in the target, of a user who may not make databases. */
  readonly databaseName: string;
  readonly inPlace: boolean;
  /** Why a schema can't hold exactly what is in it; empty where one can. Undefined until somebody asked for a schema. */
  readonly obstacles: Obstacles | undefined;
  /** Schemas with extensions that its `public` had: they follow the unit in the `search_path`. */
  readonly extensionSchemas: readonly string[];
}

/** Whether it is there, and ready for units of the kind that is wanted. */
export const isReadyFor = (found: Blueprint | undefined, wanted: { readonly schema: boolean }): found is Blueprint =>
  found !== undefined && (!wanted.schema || found.obstacles !== undefined);

interface Row {
  readonly fingerprint: string;
  readonly name: string;
  readonly is_schema: boolean;
  readonly checked: boolean;
  readonly obstacles: string[];
  readonly extension_schemas: string[];
}

/** The blueprint that is recorded as ready, if it is there. */
export async function findBlueprint(session: Session, fingerprint: string): Promise<Blueprint | undefined> {
  const [row] = await session.rows<Row & Record<string, unknown>>(
    `select b.fingerprint, b.database_name as name, n.oid is not null as is_schema, b.checked,
            to_jsonb(b.obstacles) as obstacles, to_jsonb(b.extension_schemas) as extension_schemas
       from with_test_db.blueprint b
       left join pg_database d on d.datname = b.database_name
       left join pg_namespace n on n.nspname = b.database_name
      where b.fingerprint = $1::text and b.state = 'ready' and (d.oid is not null or n.oid is not null)`,
    [fingerprint],
  );
  return (
    row && {
      fingerprint: row.fingerprint,
      databaseName: row.name,
      inPlace: row.is_schema,
      obstacles: row.checked ? row.obstacles : undefined,
      extensionSchemas: row.extension_schemas,
    }
  );
}
