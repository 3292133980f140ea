/** Calls whose migrations do something to the whole server, or never end: what users see of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { listen } from "../support/awkward.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { testTarget } from "../support/target.ts";

const NAME = `it_wide_${process.pid}_${Date.now().toString(36)}`;
const BREAK = "--> statement-breakpoint\n";

describe.skipIf(!isIntegrationEnabled())("a call", () => {
  let server: Session;
  const targets: OwnDatabase[] = [];
  beforeAll(async () => {
    server = await openSession(await testTarget());
    for (const suffix of ["a", "b"]) targets.push(await openOwnDatabase(`${NAME}_${suffix}`));
  });
  afterAll(async () => {
    for (const target of targets) await target.drop();
    const roles = "(select oid from pg_roles where starts_with(rolname, $1))";
    const using = `select distinct datname as name from pg_shdepend join pg_database d on d.oid = dbid
                    where refclassid = 'pg_authid'::regclass and refobjid in ${roles}`;
    for (const { name } of await server.rows<{ name: string }>(using, [NAME])) await dropDatabase(server, name);
    const names = await server.rows<{ name: string }>(`select oid::regrole as name from ${roles} r`, [NAME]);
    for (const { name } of names) await server.script(`drop role ${name}`);
    await server.close();
  });
  const call = (at: number, ...texts: string[]) => ({
    ...{ schema: {}, url: targets[at]?.url as string },
    migrationsFolder: journalFolder(Object.fromEntries(texts.map((text, index) => [`000${index}_m`, text]))),
  });
  const first = `create role ${NAME}_reader;${BREAK}create table things (name text);${BREAK}create policy p on things to ${NAME}_reader;`;
  const later = "create index concurrently things_name on things (name);";

  it("whose migrations make a role has a unit of any database, also with one migration more and a second attempt", async () => {
    const { said, ended } = listen();
    const options = [call(0, first), call(1, first), call(0, first, "create table more ();"), call(1, first, later)];
    for (const each of options) {
      await withTestDb(each, async ({ client }) => {
        expect(
          await client`select polroles::regrole[]::text as roles from pg_policy where polrelid = 'things'::regclass`,
        ).toEqual([{ roles: `{${NAME}_reader}` }]);
      });
    }
    ended();
    expect(said.filter((line) => line.includes("roles belong"))).toHaveLength(1);
  });

  it("whose migrations name the named database fails, and nothing is written there", async () => {
    const { database } = (targets[0] as OwnDatabase).target;
    await expect(withTestDb(call(0, `alter database ${database} set work_mem to '5MB';`))).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringContaining(`changes the database ${database} by its name`),
    });
    expect(
      await server.rows(
        "select setconfig from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = $1::text)",
        [database],
      ),
    ).toEqual([]);
  });

  it("says nothing of a role that somebody else makes or drops meanwhile", async () => {
    await server.script(`create role ${NAME}_gone`);
    const { said, ended } = listen();
    const unit = withTestDb(call(0, "create table things ();", "select pg_sleep(2);"), async () => {});
    const sleeps = "select from pg_stat_activity where query = 'select pg_sleep(2);' and state = 'active'";
    while ((await server.rows(sleeps)).length === 0) await sleep(50);
    await server.script(`drop role ${NAME}_gone; create role ${NAME}_new`);
    await unit.finally(ended);
    expect(said).toEqual([]);
  });

  it("whose migrations do not end fails after the deadline, and leaves nothing", async () => {
    // whatever it makes belongs to its user
    await server.script(`create role ${NAME}_suite login superuser password 'x'`);
    const url = new URL(targets[0]?.url as string);
    Object.assign(url, { username: `${NAME}_suite`, password: "x" });
    const began = performance.now();
    const loops = "do $$ begin loop perform 1; end loop; end $$;";
    await expect(withTestDb({ ...call(0, loops), url: url.href, deadline: 1_500 })).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringContaining("it did not end within 1.5 s"),
    });
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await server.rows(`select from pg_database where datdba = '${NAME}_suite'::regrole`)).toEqual([]);
    expect(await server.rows("select from pg_stat_activity where query like 'do $$ begin loop%'")).toEqual([]);
  });
});
