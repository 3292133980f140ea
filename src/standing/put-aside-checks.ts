/**
 * Puts aside, within a transaction, what keeps rows from being written as they were, and in any order: triggers, foreign keys and row
 * security. For an owner of the tables, who may be no superuser.
 */
import { FIRST_USER_OID } from "../catalog/expressions.ts";
import type { Session } from "../connections/session.ts";
import { ident, qualified } from "../sql/identifiers.ts";
import { IS_PROJECTS } from "./relations.ts";

interface Part {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
}

interface Trigger extends Part {
  readonly enabled: "O" | "A" | "R";
}

/** Returns what checks the foreign keys, and puts all back: the catalog is as before then. */
export async function putAsideChecks(session: Session): Promise<() => Promise<void>> {
  const cover = await uncover(session);
  const [role] = await session.rows<{ replica: boolean }>(REPLICA);
  const triggers = await session.rows<Trigger & Record<string, unknown>>(TRIGGERS);
  // in a superuser's session they are not checked
  const keys = role?.replica ? [] : await session.rows<Part & Record<string, unknown>>(FOREIGN_KEYS);
  await run(session, [
    ...triggers.map((trigger) => onTrigger("disable", trigger)),
    ...keys.map((key) => onKey(key, "deferrable initially deferred")),
    "set constraints all deferred",
  ]);
  return async () => {
    await run(session, [
      "set constraints all immediate",
      ...keys.map((key) => onKey(key, "not deferrable")),
      ...triggers.map((trigger) => onTrigger(ENABLE[trigger.enabled], trigger)),
    ]);
    await cover();
  };
}

/** Has the owner of tables see their rows, whatever the policies on them. Returns what undoes that. */
export async function uncover(session: Session): Promise<() => Promise<void>> {
  const forced = await session.rows<Part & Record<string, unknown>>(FORCED);
  const toggle = (what: string): Promise<void> =>
    run(
      session,
      forced.map(({ schema, table }) => `alter table only ${qualified(schema, table)} ${what} row level security`),
    );
  await toggle("no force");
  return () => toggle("force");
}

const run = async (session: Session, statements: readonly string[]): Promise<void> => {
  if (statements.length > 0) await session.script(statements.join("; "));
};

const ENABLE = { O: "enable", A: "enable always", R: "enable replica" } as const;

const onTrigger = (what: string, { schema, table, name }: Trigger): string =>
  `alter table only ${qualified(schema, table)} ${what} trigger ${ident(name)}`;

const onKey = ({ schema, table, name }: Part, what: string): string =>
  `alter table ${qualified(schema, table)} alter constraint ${ident(name)} ${what}`;

/** So that event triggers rest, too. Not everybody may. */
const REPLICA = `
  select case when has_parameter_privilege('session_replication_role', 'SET')
              then set_config('session_replication_role', 'replica', true) end = 'replica' as replica`;

/** SQL: whether a relation, `c` in the schema `n`, is a table of the project's. */
const IS_PROJECTS_TABLE = `c.relkind in ('r', 'p') and ${IS_PROJECTS}`;

const FORCED = `
  select n.nspname as schema, c.relname as table, '' as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where ${IS_PROJECTS_TABLE} and c.relforcerowsecurity and row_security_active(c.oid)`;

const TRIGGERS = `
  select n.nspname as schema, c.relname as table, t.tgname as name, t.tgenabled as enabled
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
   where ${IS_PROJECTS_TABLE} and t.oid >= ${FIRST_USER_OID} and not t.tgisinternal and t.tgenabled <> 'D'`;

/** A partition's are those of its table. */
const FOREIGN_KEYS = `
  select n.nspname as schema, c.relname as table, k.conname as name
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
   where ${IS_PROJECTS_TABLE} and k.contype = 'f' and not k.condeferrable and k.conparentid = 0`;
