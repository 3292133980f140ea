/** Why `as()` has no role, or not the one that it was told: asked once Postgres has refused. */
import { sql } from "drizzle-orm";
import { rowsOf } from "../drivers/rows-of.ts";
import { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { ident, shellWord } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import type { CheckedIdentity } from "./identity.ts";
import type { Transactional } from "./transactional.ts";

export const noRole = (): TestDbError =>
  new TestDbError("ROLE_MISSING", {
    what: "as() was given no role, and policies of this unit do not apply to the connection's own",
    why: "row-level security is not for superusers, roles with BYPASSRLS and, unless it is forced, the owners of tables",
    next: 'as({ role: "…", … }, …), with the role that the application has; or the name of the connection\'s own, where its rights are meant',
  });

/** Returns what an error of the statement that sets the role and the settings becomes. */
export async function explained(
  db: Transactional,
  { role, settings }: CheckedIdentity,
  error: unknown,
): Promise<unknown> {
  const code = postgresError(error)?.code;
  if (role !== undefined && (code === SQLSTATE.invalidParameterValue || code === SQLSTATE.insufficientPrivilege)) {
    const refused = await refusal(db, role).catch(() => undefined);
    if (refused) return failure("ROLE_MISSING", { what: `as() can't take the role ${ident(role)}`, ...refused }, error);
  }
  const names = Object.keys(settings);
  if (code === undefined || names.length === 0) return error;
  return failure(
    "OPTION_INVALID",
    {
      what: `${names.length === 1 ? "The setting" : "One of the settings"} ${names.join(", ")} of as() can't be set`,
      next: "a setting of your own has a dot in its name: app.tenant_id",
    },
    error,
  );
}

/** What is wrong with a role; undefined where it is not the role. */
async function refusal(db: Transactional, role: string): Promise<{ why: string; next: string } | undefined> {
  const asked = sql`
    select session_user::text as login, (
      select pg_catalog.pg_has_role(session_user, r.oid,
               case when pg_catalog.current_setting('server_version_num')::integer < 160000 then 'MEMBER' else 'SET' end)
        from pg_catalog.pg_roles r where r.rolname = ${role}) as member`;
  const [row] = rowsOf<{ readonly login: string; readonly member: boolean | null }>(await db.execute(asked));
  if (!row || row.member === true) return undefined;
  if (row.member === null)
    return {
      why: "roles belong to the whole server, and neither prepare nor a migration has made this one",
      next: `prepare: ["test/roles.sql"], a file with create role ${ident(role)}; with-test-db/roles has those of Supabase and Neon`,
    };
  return {
    why: `${ident(row.login)} is not a member of it`,
    next: `psql -c ${shellWord(`grant ${ident(role)} to ${ident(row.login)}`)}`,
  };
}
