/** The homes on a server that are ours, and what is recorded in each. */
import { IMPATIENT } from "../connections/pinned-settings.ts";
import { inSession, type Session } from "../connections/session.ts";
import { type Mark, NOT_WHOLE, OUR_DATABASES } from "../control/databases.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { onDatabase } from "../target/target.ts";

/** A database of ours, by its mark. */
export interface OurDatabase {
  readonly name: string;
  readonly what: Mark["what"];
  readonly home: string;
  readonly folder: string;
  readonly beside: string;
  /** In seconds. */
  readonly age: number;
}

export const readOurDatabases = (session: Session): Promise<OurDatabase[]> =>
  session.rows<OurDatabase & Record<string, unknown>>(
    `select name, what, home, folder, beside, extract(epoch from now())::float8 - made_at as age from (${OUR_DATABASES}) as o order by 1`,
  );

/** Does something in each home that is whole; others are being built, or gone by now. */
export async function inHomes(
  session: Session,
  work: (home: Session, database: OurDatabase) => Promise<void>,
  isWanted: (database: OurDatabase) => boolean = () => true,
): Promise<void> {
  for (const database of await readOurDatabases(session)) {
    if (database.what === "home" && isWanted(database)) await inHome(session, database, work);
  }
}

async function inHome(
  session: Session,
  database: OurDatabase,
  work: (home: Session, database: OurDatabase) => Promise<void>,
): Promise<void> {
  const whereWhole = async (home: Session): Promise<void> => {
    if ((await home.rows(IS_WHOLE)).length > 0) await work(home, database);
  };
  try {
    await inSession(onDatabase(session.target, database.name), whereWhole, IMPATIENT);
  } catch (error) {
    if (!GONE.includes(postgresError(error)?.code ?? "")) throw error;
  }
}

const GONE: readonly string[] = [SQLSTATE.databaseDoesNotExist, ...NOT_WHOLE];

/** A copy has another number. */
const IS_WHOLE =
  "select from with_test_db.home where database = (select oid from pg_database where datname = current_database())";

/** SQL: whether the schema or the database of a unit, `u`, is there. */
export const IS_THERE: string = `case u.isolation when 'schema' then exists (select from pg_namespace n where n.nspname = u.name)
                 else exists (select from pg_database d where d.datname = u.name) end`;

/** SQL: until when a unit, `u`, is kept that was kept after a failure. Homes of earlier versions have no such column. */
export const KEPT_UNTIL = "(to_jsonb(u) ->> 'kept_until')::timestamptz";
