/** Roles belong to the whole server: those of a platform are made where they are not there, and somebody's are left alone. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/guard/flag.ts";
import { scriptWithRoles } from "../../src/migrations/roles.ts";
import { type PlatformRole, rolesSql } from "../../src/roles/role-sql.ts";
import { neon, supabase } from "../../src/roles.ts";
import { testTarget } from "../support/target.ts";

const NAME = `it_role_sql_${process.pid}_${Date.now().toString(36)}`;
const LOGIN = `${NAME}_login`;
const role = (name: string, more: Partial<PlatformRole> = {}): PlatformRole => ({
  name: `${NAME}_${name}`,
  attributes: ["nologin"],
  isSubject: true,
  ...more,
});

describe.skipIf(!isIntegrationEnabled())("roles of a platform", () => {
  let server: Session;
  let login: Session;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    await server.script(`create role ${LOGIN} login createrole password 'x'`);
    login = await openSession({ ...server.target, user: LOGIN, password: "x" });
  });
  const state = (): Promise<Record<string, unknown>[]> =>
    server.rows(
      `select substr(rolname, length($1) + 2) as name, rolcanlogin as login, rolbypassrls as bypass, shobj_description(oid, 'pg_authid') as comment
         from pg_roles where starts_with(rolname, $1) and rolname <> $1 || '_login' order by 1`,
      [NAME],
    );
  afterEach(async () => {
    for (const { name } of await state()) await server.script(`drop role ${NAME}_${name}`);
  });
  afterAll(async () => {
    await login.close();
    await server.script(`drop role ${LOGIN}`);
    await server.close();
  });
  const mark = expect.stringMatching(/^with-test-db [0-9a-f]{24}$/);

  it("are made with a mark, once, by one of several that need them at the same time", async () => {
    const roles = rolesSql([role("anon"), role("admin", { attributes: ["nologin", "bypassrls"], isSubject: false })]);
    const others = await Promise.all([1, 2, 3].map(async () => openSession(server.target)));
    await Promise.all(others.map((session) => session.script(roles)));
    await Promise.all(others.map((session) => session.close()));
    expect(await state()).toEqual([
      { name: "admin", login: false, bypass: true, comment: mark },
      { name: "anon", login: false, bypass: false, comment: mark },
    ]);
  });

  it("are the same that a file of prepare makes with the same statement, whichever comes first", async () => {
    await server.script(rolesSql([role("anon")]));
    await scriptWithRoles(server, `create role ${NAME}_anon nologin;`);
    await scriptWithRoles(server, `CREATE ROLE ${NAME}_other NOLOGIN`.toLowerCase());
    await server.script(rolesSql([role("other")]));
    expect(await state()).toMatchObject([{ name: "anon" }, { name: "other" }]);
    await expect(scriptWithRoles(server, `create role ${NAME}_anon login`)).rejects.toMatchObject({ code: "42710" });
  });

  it("are used as they are where they are there, and never changed", async () => {
    await server.script(`create role ${NAME}_anon login createdb; comment on role ${NAME}_anon is 'ours'`);
    const before = await state();
    await server.script(rolesSql([role("anon"), role("gate", { takes: [`${NAME}_anon`] })]));
    expect(await state()).toEqual([...before, { name: "gate", login: false, bypass: false, comment: mark }]);
    expect(await server.rows(`select pg_has_role('${NAME}_gate', '${NAME}_anon', 'member') as may`)).toEqual([
      { may: true },
    ]);
  });

  it("are refused by name where policies do not apply to one of them", async () => {
    await server.script(`create role ${NAME}_anon bypassrls`);
    await expect(server.script(rolesSql([role("anon"), role("user")]))).rejects.toThrow(
      `policies do not apply: ${NAME}_anon`,
    );
    expect(await state()).toHaveLength(1);
  });

  it("may be taken by a user who is no superuser, but may make roles", async () => {
    await login.script(rolesSql([role("anon")]));
    await login.script("begin");
    await login.script(`set local role ${NAME}_anon`);
    expect(await login.rows("select current_user::text as name")).toEqual([{ name: `${NAME}_anon` }]);
    await login.script("rollback");
  });
});

describe("the steps for prepare", () => {
  it("have keys that tell them apart, and follow what they do", () => {
    const keys = [neon.key, supabase.key];
    expect(keys).toEqual([
      expect.stringMatching(/^neon [0-9a-f]{24}$/),
      expect.stringMatching(/^supabase [0-9a-f]{24}$/),
    ]);
  });
});
