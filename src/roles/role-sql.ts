/**
 * SQL that makes roles of a platform's where they are not there. A role that is there is somebody's, of the server itself where that is
 * the platform, and is used as it is: none is ever changed. One that is made bears the mark of those that migrations make.
 */
import { ident, literal } from "../sql/identifiers.ts";
import { digestOf } from "./platform-step.ts";

/** A role of a platform's. */
export interface PlatformRole {
  readonly name: string;
  /** Nobody logs in as a role that tests made. */
  readonly attributes: readonly ["nologin", ...string[]];
  /** The roles that it may take. */
  readonly takes?: readonly string[];
  /** Whether policies are to apply to it, so that tests of them mean anything. */
  readonly isSubject?: boolean;
}

export const rolesSql = (roles: readonly PlatformRole[]): string => `
do $roles$
begin
${roles.map(roleSql).join("\n")}
  if exists (select from pg_catalog.pg_roles
              where rolname in (${roles.flatMap(({ name, isSubject }) => (isSubject ? [literal(name)] : [])).join(", ")})
                and (rolsuper or rolbypassrls)) then
    raise exception 'a role of these names is there to which policies do not apply: %', (
      select pg_catalog.string_agg(rolname, ', ') from pg_catalog.pg_roles
       where rolname in (${roles.map(({ name }) => literal(name)).join(", ")}) and (rolsuper or rolbypassrls))
      using hint = 'It is not made by with-test-db. Take BYPASSRLS and SUPERUSER from it, or name another server.';
  end if;
end $roles$;`;

function roleSql({ name, attributes, takes = [] }: PlatformRole): string {
  const statement = ["create", "role", name, ...attributes];
  // as where a file of prepare has the same statement, which finds the role then
  const mark = `with-test-db ${digestOf(JSON.stringify(statement))}`;
  return `
  if not exists (select from pg_catalog.pg_roles where rolname = ${literal(name)}) then
    begin
      create role ${ident(name)} ${attributes.join(" ")};
      comment on role ${ident(name)} is ${literal(mark)};
      ${takes.length > 0 ? `grant ${takes.map(ident).join(", ")} to ${ident(name)};` : ""}
      if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        grant ${ident(name)} to current_user;
      end if;
    exception when duplicate_object or unique_violation then
      -- another home is built at the same moment
      null;
    end;
  end if;`;
}
