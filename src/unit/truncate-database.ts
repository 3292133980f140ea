/**
 * The same for a unit that is a database, and has no function of ours inside. Rows of the migrations that are not as they were come from
 * another copy of the template, in the order in which they lie there. The journal of the migrations is left alone: it tells of DDL.
 */
import { inSession, type Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { TestDbError } from "../errors.ts";
import { DRIZZLES_JOURNAL } from "../migrations/journal-table.ts";
import { ident, literal, qualified } from "../sql/identifiers.ts";
import { SQLSTATE } from "../sql/sqlstate.ts";
import { onDatabase } from "../target/target.ts";
import { now, sleep } from "../timers.ts";
import { OTHERS_AT_WORK } from "./database-proof.ts";
import { counted } from "./database-state.ts";
import type { Pristine } from "./measure-database.ts";
import { assertReferred, putRowsBack, readOriginalRows } from "./original-rows.ts";
import type { TableName } from "./table-name.ts";

/** What names without a schema mean is what they mean to the unit's client. */
const SETTINGS = {
  search_path: '"$user", public',
  lock_timeout: "2s",
  jit: "off",
  max_parallel_workers_per_gather: "0",
};

/** How long a transaction of somebody else's may take to end, in milliseconds. */
const ENDED_WITHIN = 200;

/** Returns the OIDs of tables whose rows were brought back. */
export async function truncateDatabase(
  control: Control,
  name: string,
  named: readonly TableName[] | undefined,
): Promise<string[]> {
  const home = await control.session();
  const [record] = await home.rows<{ pristine: string }>("select pristine from with_test_db.home");
  if (!record) throw new TestDbError("UNIT_GONE", { what: `The home of ${name} is gone`, next: "run it again" });
  const pristine = JSON.parse(record.pristine) as Pristine;
  return inSession(
    onDatabase(home.target, name),
    async (session) => {
      await othersAreDone(session);
      const scope = named && (await scopeOf(session, named));
      const written = await writtenTables(session, pristine, scope);
      const original = await readOriginalRows(control, written);
      await session.script("begin");
      const aside = await putAside(session, written);
      await empty(session, written);
      await putRowsBack(session, original);
      if (scope) await assertReferred(session, original, scope);
      if (aside) await session.script(`set constraints all immediate; ${aside}`);
      await putBackSequences(session, pristine, scope);
      await refreshViews(session, pristine);
      await session.script("commit");
      return original.map(({ oid }) => oid);
    },
    SETTINGS,
  );
}

async function othersAreDone(session: Session): Promise<void> {
  for (const began = now(); now() - began < ENDED_WITHIN; await sleep(5)) {
    const [row] = await session.rows<{ busy: boolean }>(`select ${OTHERS_AT_WORK} as busy`);
    if (!row?.busy) return;
  }
  throw Object.assign(new Error("a transaction is still open"), { code: SQLSTATE.lockNotAvailable, severity: "ERROR" });
}

/** What refers to a table, and what has its rows. */
const WITH_CLOSURE = `
  select n.oid from closure, lateral (
    select c.conrelid from pg_constraint c where c.confrelid = closure.oid and c.contype = 'f'
    union all
    select i.inhrelid from pg_inherits i where i.inhparent = closure.oid) n (oid)`;

async function scopeOf(session: Session, named: readonly TableName[]): Promise<string[]> {
  const names = named.map(({ schema, name }) => (schema === undefined ? ident(name) : qualified(schema, name)));
  const found = await session.rows<{ name: string; oid: string | null }>(
    `select t.name, (select c.oid::text from pg_class c where c.oid = to_regclass(t.name) and c.relkind in ('r', 'p')) as oid
       from jsonb_array_elements_text($1::text::jsonb) t (name)`,
    [JSON.stringify(names)],
  );
  const missing = found.find(({ oid }) => oid === null);
  if (missing) throw new Error(`there is no table ${missing.name}`);
  const all = await session.rows<{ oid: string }>(
    `with recursive closure (oid) as (select unnest(${oids(found.map(({ oid }) => oid ?? ""))}) union ${WITH_CLOSURE}) select oid::text from closure`,
  );
  return all.map(({ oid }) => oid);
}

/** A table that is to be emptied. */
export interface Written {
  readonly oid: string;
  /** Quoted, with its schema. */
  readonly name: string;
  /** How many rows of the migrations are to be in it afterwards. */
  readonly rows: number;
  /** Whether it can be emptied row by row: it has one page, and nothing fires. */
  readonly isSmall: boolean;
  readonly isPartitioned: boolean;
}

/** Tables whose rows are not those of the migrations, and whatever has to be emptied with them. */
async function writtenTables(
  session: Session,
  pristine: Pristine,
  scope: readonly string[] | undefined,
): Promise<Written[]> {
  const filled = new Map(
    pristine.filled.filter(({ isView }) => !isView).map((table) => [table.oid, Number(table.rows)]),
  );
  const tables = await session.rows<Omit<Written, "rows">>(
    `select c.oid::text, format('%I.%I', n.nspname, c.relname) as name,
            false as "isPartitioned", has_parameter_privilege('session_replication_role', 'SET') and pg_relation_size(c.oid) <= 8192 and not c.relforcerowsecurity
              and not exists (select from pg_rewrite r where r.ev_class = c.oid)
              and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgenabled in ('A', 'R')) as "isSmall"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid >= 16384 and c.relkind = 'r' and c.relpersistence <> 't' and (pg_relation_size(c.oid) > 0 or c.oid = any (${oids([...filled.keys()])}))
        and c.oid is distinct from to_regclass(${literal(qualified(DRIZZLES_JOURNAL.schema, DRIZZLES_JOURNAL.table))})
        ${scope ? `and c.oid = any (${oids(scope)})` : ""}`,
  );
  const original = tables.filter(({ oid }) => filled.has(oid));
  const counts = original.map(
    ({ oid, name }) =>
      `select ${literal(oid)} as oid where ${counted(`only ${name}`, pristine.since)} is distinct from ${literal(`${filled.get(oid)}+0`)}`,
  );
  const changed = new Set(
    (counts.length > 0 ? await session.rows<{ oid: string }>(counts.join(" union all ")) : []).map(({ oid }) => oid),
  );
  const written = tables
    .filter(({ oid }) => !filled.has(oid) || changed.has(oid))
    .map((table) => ({ ...table, rows: filled.get(table.oid) ?? 0 }));
  const small = written.filter(({ rows, isSmall }) => isSmall && rows === 0);
  const others = written.filter((table) => !small.includes(table));
  if (others.length === 0) return small;
  const closure = await session.rows<Pick<Written, "oid" | "name" | "isPartitioned">>(
    `with recursive closure (oid) as (select unnest(${oids(others.map(({ oid }) => oid))}) union ${WITH_CLOSURE})
     select c.oid::text, format('%I.%I', n.nspname, c.relname) as name, c.relkind = 'p' as "isPartitioned"
       from closure join pg_class c on c.oid = closure.oid join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p')`,
  );
  const whole = closure.map((table) => ({ ...table, rows: filled.get(table.oid) ?? 0, isSmall: false }));
  return [...small.filter(({ oid }) => !whole.some((table) => table.oid === oid)), ...whole];
}

/** SQL: whether the user may leave triggers and foreign keys out. */
const MAY_REPLICATE = "has_parameter_privilege('session_replication_role', 'SET')";

/** Puts triggers and rules aside that would fire. Returns the SQL that puts them back. */
async function putAside(session: Session, written: readonly Written[]): Promise<string> {
  const whole = written.filter(({ isSmall }) => !isSmall).map(({ oid }) => oid);
  const firing = await session.rows<{ aside: string; back: string }>(
    `select format('alter table only %s disable %s %I', f.oid::regclass, f.kind, f.name) as aside,
            format('alter table only %s enable %s %s %I', f.oid::regclass, case f.fires when 'A' then 'always' when 'R' then 'replica' else '' end, f.kind, f.name) as back
       from (select tgrelid as oid, 'trigger' as kind, tgname as name, tgenabled as fires from pg_trigger where not tgisinternal
             union all
             select ev_class, 'rule', rulename, ev_enabled from pg_rewrite where rulename <> '_RETURN') f
      where f.oid = any (${oids(whole)}) and f.fires in ('A', case when ${MAY_REPLICATE} then 'R' else 'O' end)`,
  );
  await session.script(firing.map(({ aside }) => aside).join("; "));
  return firing.map(({ back }) => back).join("; ");
}

async function empty(session: Session, written: readonly Written[]): Promise<void> {
  await session.rows(
    `select case when ${MAY_REPLICATE} then set_config('session_replication_role', 'replica', true) end as role`,
  );
  const small = written.filter(({ isSmall }) => isSmall).map(({ name }) => `delete from only ${name}`);
  const whole = written
    .filter(({ isSmall }) => !isSmall)
    .map((table) => (table.isPartitioned ? table.name : `only ${table.name}`));
  await session.script([...small, ...(whole.length > 0 ? [`truncate table ${whole.join(", ")}`] : [])].join("; "));
}

/** Those that a test made begin anew. */
async function putBackSequences(
  session: Session,
  { sequences }: Pristine,
  scope: readonly string[] | undefined,
): Promise<void> {
  const found = await session.rows<{ oid: string; name: string; at: string; called: boolean; caches: boolean }>(
    `select q.seqrelid::text as oid, q.seqrelid::regclass::text as name, coalesce(p.last, q.seqstart)::text as at, coalesce(p.called, false) as called,
            q.seqcache > 1 as caches
       from pg_sequence q join pg_class c on c.oid = q.seqrelid
            left join jsonb_to_recordset($1::text::jsonb) p (oid oid, last int8, called bool) on p.oid = q.seqrelid
      where c.relpersistence <> 't' and q.seqrelid >= 16384
        ${scope ? `and exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = q.seqrelid and d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass and d.refobjid = any (${oids(scope)}))` : ""}`,
    [JSON.stringify(sequences)],
  );
  // sessions keep no value of a sequence that has another file
  await session.script(
    found.flatMap(({ name, caches }) => (caches ? [`alter sequence ${name} restart`] : [])).join("; "),
  );
  await session.rows(
    `select setval(s.oid, s.at, s.called) from jsonb_to_recordset($1::text::jsonb) s (oid oid, at int8, called bool)`,
    [JSON.stringify(found)],
  );
}

/** A view that nobody has refreshed since has what the migrations left. */
async function refreshViews(session: Session, { filled, since }: Pristine): Promise<void> {
  const views = await session.rows<{ oid: string; name: string }>(
    "select c.oid::text, c.oid::regclass::text as name from pg_class c where c.oid >= 16384 and c.relkind = 'm' and c.relispopulated order by c.oid",
  );
  for (const { oid, name } of views) {
    const rows = filled.find((view) => view.oid === oid)?.rows ?? "0";
    const [same] = await session.rows(`select where ${counted(name, since)} = ${literal(`${rows}+0`)}`);
    if (!same) await session.script(`refresh materialized view ${name}`);
  }
}

const oids = (values: readonly string[]): string => `${literal(`{${values.join(",")}}`)}::oid[]`;
