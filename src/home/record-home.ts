/** Writes down what a home is, once everything is done, and reads it again. */
import { inSession, type Session } from "../connections/session.ts";
import { type MadeFor, marking, NOT_WHOLE } from "../control/databases.ts";
import type { Replay } from "../replay/replay-of.ts";
import { ident, literal } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import type { Target } from "../target/target.ts";

/** What is known of a home that has a record. */
export interface Home {
  /** What it lacks so that units can be made: where they are databases from now on, or where the replay does not hold any more. */
  readonly lacks: "template" | "replay" | null;
}

const RECORD = `with_test_db.home (database, server_major, built_in_types, isolation, reasons`;
const VALUES = `select oid, current_setting('server_version_num')::int / 10000, with_test_db.built_in_types()`;

/**
 * Records a home whose units are schemas: its first one is there. All at once, since a unit is leased from the moment that there
 * is a record. Without the right to make event triggers, no unit is used again.
 */
export async function recordSchemas(
  session: Session,
  madeFor: MadeFor,
  origin: string,
  replay: Replay,
  first: string,
): Promise<void> {
  const { DDL_TRIGGERS } = await import("../control/ddl-functions.ts");
  await session.script(`
    begin;
    insert into ${RECORD}, origin, replay, seeds, bound_functions)
      ${VALUES}, 'schema', '{}', ${[origin, replay.sql, JSON.stringify(replay.seeds), replay.boundFunctions].map(literal).join(", ")}
        from pg_database where datname = current_database();
    select with_test_db.record_unit(${literal(first)}, 'free', 0, null), with_test_db.measure(${literal(first)});
    select with_test_db.guard_journal();
    do ${literal(`begin ${DDL_TRIGGERS} exception when insufficient_privilege then null; end`)};
    ${DONE(session, madeFor)};
    update with_test_db.home
       set surroundings = with_test_db.surroundings(), common = with_test_db.common(), common_grants = with_test_db.common_grants();
    commit;`);
}

/** Records a home whose units are copies of a template, of which `pristine` says what is in it. */
export async function recordDatabases(
  home: Target,
  madeFor: MadeFor,
  reasons: readonly string[],
  template: string,
  pristine: string,
): Promise<void> {
  const { CONTROL_DDL } = await import("../control/control-ddl.ts");
  await inSession(home, (session) =>
    session.script(`
      begin;
      ${CONTROL_DDL}
      insert into ${RECORD}, template, pristine)
        ${VALUES}, 'database', array(select jsonb_array_elements_text(${literal(JSON.stringify(reasons))})), ${literal(template)}, ${literal(pristine)}
          from pg_database where datname = current_database();
      ${DONE(session, madeFor)};
      commit;`),
  );
}

/** Gives a home that lacks it a template. */
export async function recordTemplate(home: Target, template: string, pristine: string): Promise<void> {
  await inSession(home, ({ rows }) =>
    rows("update with_test_db.home set template = $1::text, pristine = $2::text", [template, pristine]),
  );
}

/** Gives a home the replay of another one, in which the same migrations ran a moment ago. */
export async function recordReplay(home: Target, renewed: Target): Promise<void> {
  const [row] = await inSession(renewed, ({ rows }) =>
    rows<{ home: string }>("select to_jsonb(h)::text as home from with_test_db.home h"),
  );
  await inSession(home, ({ rows }) =>
    rows(
      `update with_test_db.home h
          set (isolation, reasons, origin, replay, seeds, bound_functions, row_counts, positions, called, clustered, unfinished, can_restore) =
              (select r.isolation, r.reasons, r.origin, r.replay, r.seeds, r.bound_functions, r.row_counts, r.positions, r.called, r.clustered, r.unfinished, r.can_restore
                 from jsonb_populate_record(null::with_test_db.home, $1::text::jsonb) r)`,
      [row?.home],
    ),
  );
}

/** Undefined where there is none, or none any more, or one that was copied from elsewhere. */
export async function readHome(target: Target, deadline: number): Promise<Home | undefined> {
  const query = `
    select case when h.isolation = 'schema' then case when h.replay is null then 'replay' end
                when not exists (select from pg_database d where d.datname = h.template and d.datconnlimit <> -2) then 'template' end as lacks
      from with_test_db.home h
     where h.database = (select oid from pg_database where datname = current_database())
       and h.server_major = current_setting('server_version_num')::int / 10000`;
  try {
    const [home] = await inSession(target, ({ rows }) => rows<Home & Record<string, unknown>>(query), {}, deadline);
    return home;
  } catch (error) {
    const code = postgresError(error)?.code ?? "";
    // a sweep that began earlier may just have dropped what was half made
    if (NOT_WHOLE.includes(code) || code === SQLSTATE.databaseDoesNotExist) return undefined;
    throw error;
  }
}

/** A sweep takes it for a home from now on. Nobody but its owner is to put anything into it. */
const DONE = ({ target: { database } }: Session, madeFor: MadeFor): string =>
  `${marking(database, { what: "home", home: database, ...madeFor })}; revoke connect on database ${ident(database)} from public`;
