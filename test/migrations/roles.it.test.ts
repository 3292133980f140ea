/** Roles belong to the whole server: what migrations make of them is made once, and somebody else's is left alone. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/guard/flag.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { scriptWithRoles } from "../../src/migrations/roles.ts";
import { type Replay, runMigrations } from "../../src/migrations/run-migrations.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { testTarget } from "../support/target.ts";

const NAME = `it_roles_${process.pid}_${Date.now().toString(36)}`;
const DATABASES = ["a", "b", "c"].map((suffix) => `${NAME}_${suffix}`);
const ROLE = `${NAME}_reader`;
const BREAK = "--> statement-breakpoint\n";
const POLICY = `create table things (id integer);${BREAK}create policy reads on things to ${ROLE};${BREAK}grant select on things to ${ROLE};`;
const ALL: readonly Replay[] = ["in one transaction", "migration by migration", "statement by statement"];

describe.skipIf(!isIntegrationEnabled())("roles that migrations make", () => {
  let server: Session;
  const open: Session[] = [];
  beforeAll(async () => {
    server = await openSession(await testTarget());
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((session) => session.close()));
    for (const name of DATABASES) await server.script(`drop database if exists ${name} with (force)`);
    const roles = "select rolname as name from pg_roles where starts_with(rolname, $1)";
    for (const { name } of await server.rows<{ name: string }>(roles, [NAME])) {
      await server.script(`drop role ${ident(name)}`);
    }
  });
  afterAll(() => server.close());

  async function fresh(database = DATABASES[0], user?: string): Promise<Session> {
    await server.script(`drop database if exists ${database} with (force)`);
    await server.script(`create database ${database} template template0 ${user ? `owner ${user}` : ""}`);
    const target = onDatabase(server.target, database as string);
    const session = await openSession(user ? { ...target, user, password: "x" } : target, {
      search_path: '"$user", public',
    });
    open.push(session);
    return session;
  }
  const run = async (session: Session, text: string, replay: Replay = "in one transaction"): Promise<void> =>
    runMigrations(session, readMigrations(journalFolder({ "0000_m": text })), replay, 60_000);
  const roles = (): Promise<unknown[]> =>
    server.rows(
      `select rolname as name, rolcanlogin as login, rolcreatedb as createdb, shobj_description(oid, 'pg_authid') as comment
         from pg_roles where starts_with(rolname, $1) order by 1`,
      [NAME],
    );

  it.each(ALL)("are there for every database, run %s, and after an attempt that failed", async (replay) => {
    const [a, b, c] = [await fresh(DATABASES[0]), await fresh(DATABASES[1]), await fresh(DATABASES[2])];
    const made = `-- why\nCREATE ROLE ${ROLE} nologin createdb -- because\n;`;
    await run(a, `${made}${BREAK}${POLICY}`, replay);
    const first = await roles();
    expect(first).toEqual([
      { name: ROLE, login: false, createdb: true, comment: expect.stringMatching(/^with-test-db [0-9a-f]{24}$/) },
    ]);
    await run(b, `${made}${BREAK}${POLICY}`, replay);
    // in one message with others, in another place
    await run(c, `create table other ();\n${made} create table another ();${BREAK}${POLICY}`, replay);
    expect(await roles()).toEqual(first);
    for (const session of [a, b, c]) {
      expect(await session.rows("select polroles::regrole[]::text as roles from pg_policy")).toEqual([
        { roles: `{${ROLE}}` },
      ]);
    }
    expect(
      await c.rows("select to_regclass('other') is not null and to_regclass('another') is not null as made"),
    ).toEqual([{ made: true }]);
  });

  it("may have any name and be called users or groups, and be several in one message", async () => {
    const names = [`${NAME}_"Quoted" 'é'`, `${NAME}_${"long".repeat(20)}`];
    const text = `
      create user ${ident(names[0] as string)} password 'a;b' ; /* ; */ Create Group ${NAME}_group;
      create role ${names[1]} in role ${NAME}_group valid until 'infinity'`;
    await run(await fresh(), text);
    expect(await roles()).toHaveLength(3);
    await run(await fresh(DATABASES[1]), text);
    expect(await roles()).toHaveLength(3);
  });

  it("are made by one of several that run at the same time, and found by the others", async () => {
    const [a, b] = [await fresh(DATABASES[0]), await fresh(DATABASES[1])];
    const text = (seconds: number) =>
      `create table t ();${BREAK}create role ${ROLE};${BREAK}select pg_sleep(${seconds});${BREAK}${POLICY}`;
    for (const replay of ALL) {
      const first = run(a, text(0.5), "in one transaction");
      await sleep(200);
      await Promise.all([first, run(b, text(0), replay)]);
      expect(await b.rows("select polroles::regrole[]::text as roles from pg_policy")).toEqual([
        { roles: `{${ROLE}}` },
      ]);
      for (const session of [a, b]) await session.script("drop table things, t; drop schema drizzle cascade");
      await server.script(`drop role ${ROLE}`);
    }
    // as in a file of prepare
    await a.script(`begin`);
    await scriptWithRoles(a, `create role ${ROLE}`);
    const second = scriptWithRoles(b, `create table before (); create role ${ROLE}; create table after ()`);
    await sleep(200);
    await a.script("commit");
    await second;
    expect(await b.rows("select to_regclass('before')::text as before, to_regclass('after')::text as after")).toEqual([
      { before: "before", after: "after" },
    ]);
  });

  it("are refused where another statement made them, or somebody else, and stay as they are", async () => {
    await run(await fresh(), `create role ${ROLE} login`);
    await server.script(`create role ${ROLE}_2`);
    await server.script(`create role ${ROLE}_3; comment on role ${ROLE}_3 is 'with-test-db'`);
    const before = await roles();
    for (const text of [
      `create role ${ROLE}`,
      `create user ${ROLE}`,
      `create role ${ROLE}_2`,
      `create role ${ROLE}_3`,
    ]) {
      await expect(run(await fresh(), `create table t ();${BREAK}${text}`)).rejects.toMatchObject({
        code: "MIGRATION_FAILED",
        cause: { code: "42710" },
        message: expect.stringMatching(
          new RegExp(
            `role "${ROLE}.*" already exists(.|\n)*next: make the role in a DO block.*pg_roles.*npx with-test-db sweep --all, then psql -c 'drop role "${ROLE}`,
          ),
        ),
      });
      expect(await roles()).toEqual(before);
    }
  });

  it("may be dropped first in the same message, and be made in a transaction of the migration's own", async () => {
    for (const text of [
      `drop role if exists ${ROLE}; create role ${ROLE};`,
      `commit; create role ${ROLE}_2; begin; create table t ();`,
      `create role ${ROLE}_3;${BREAK}drop role ${ROLE}_3;`,
      `commit;${BREAK}create role ${ROLE}_4;`,
    ]) {
      for (const replay of ALL) await run(await fresh(), text, replay);
    }
    expect(await roles()).toMatchObject([ROLE, `${ROLE}_2`, `${ROLE}_4`].map((name) => ({ name })));
  });

  it("leave alone what is no role", async () => {
    const session = await fresh();
    await session.script("create extension postgres_fdw; create server s foreign data wrapper postgres_fdw");
    await run(
      session,
      "create user mapping for current_user server s; create user mapping if not exists for public server s;",
    );
    expect(await session.rows("select from pg_user_mappings")).toHaveLength(2);
    await run(await fresh(), "create table role (create_role text); comment on table role is 'create role x'");
    expect(await roles()).toEqual([]);
  });

  it("are marked by a user who may make roles, and no more", async () => {
    const user = `${NAME}_suite`;
    await server.script(`create role ${user} login createrole password 'x'`);
    const [a, b] = [await fresh(DATABASES[0], user), await fresh(DATABASES[1], user)];
    for (const session of [a, b]) await run(session, `create role ${ROLE};${BREAK}${POLICY}`);
    expect(await roles()).toMatchObject([
      { name: ROLE, comment: expect.stringMatching(/^with-test-db /) },
      { name: user },
    ]);
  });

  it("don't move the place of an error in the same message", async () => {
    const lines = [
      "create table t ();",
      `create role ${ROLE};`,
      ...Array(20).fill("select 1;"),
      "select 1 / 0 from nowhere;",
    ];
    const failed = run(await fresh(), [...lines, ...Array(20).fill("select 2;")].join("\n"));
    await expect(failed).rejects.toMatchObject({
      message: expect.stringMatching(/in: …\n *select 1;\n *select 1;\n *select 1;\n *select 1 \/ 0 from nowhere;\n/),
    });
  });
});
