/** What is in a standing database, and who is connected to it. It is only read. */
import { inSession } from "../connections/session.ts";
import { describeTarget, onDatabase } from "../target/target.ts";
import { faultsOf, readJournal } from "./journal.ts";
import { type Count, countRows, isTable, readRelations } from "./relations.ts";
import { inPlace, type Project, requireStanding } from "./standing.ts";

export interface ConnectedSession {
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  readonly state: string | null;
  readonly since: string;
}

export interface StandingStatus {
  readonly at: string;
  readonly bytes: number;
  /** The same in words. */
  readonly size: string;
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** What is wrong with the history, in words. */
  readonly history: readonly string[];
  readonly tables: readonly Count[];
  readonly sessions: readonly ConnectedSession[];
}

/** @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED` */
export const readStandingStatus = (project: Project): Promise<StandingStatus> =>
  inPlace(project, async (session) => {
    await requireStanding(session, project);
    const own = onDatabase(session.target, project.name);
    return inSession(own, async (standing) => {
      const journal = await readJournal(standing, project.migrations);
      const tables = await countRows(standing, (await readRelations(standing)).filter(isTable));
      const [size] = await standing.rows<{ bytes: number; size: string }>(
        "select b::float8 as bytes, pg_size_pretty(b) as size from pg_database_size(current_database()) b",
      );
      return {
        at: describeTarget(own),
        bytes: size?.bytes ?? 0,
        size: size?.size ?? "",
        applied: journal.applied.map(({ tag }) => tag),
        pending: journal.pending.map(({ tag }) => tag),
        history: faultsOf(journal),
        tables,
        sessions: await standing.rows<ConnectedSession & Record<string, unknown>>(SESSIONS),
      };
    });
  });

const SESSIONS = `
  select pid, coalesce(usename, '') as user, application_name as application, state,
         to_char(coalesce(state_change, backend_start) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
    from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' order by backend_start`;
