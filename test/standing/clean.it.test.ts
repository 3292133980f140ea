/** What `clean` puts back, for the awkward forms in drizzle/: as a superuser, and as a role that may only create databases. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CatalogObject, readContents } from "../../src/catalog/read-catalog.ts";
import { inSession, openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { cleanStanding } from "../../src/standing/clean.ts";
import { dropStanding, setUpStanding } from "../../src/standing/make.ts";
import type { Project } from "../../src/standing/standing.ts";
import { verifyStanding } from "../../src/standing/verify.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { formFolder } from "../support/awkward.ts";
import { testTarget } from "../support/target.ts";

const ID = Date.now().toString(36);
const [ROLE, DATABASE] = [`it_cleaner_${ID}`, `it_clean_${ID}`];

describe.skipIf(!isIntegrationEnabled())("clean", () => {
  let server: Session;
  let named: Target;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    await server.script(`create role ${ROLE} login createdb password 'cleaner'`);
    await server.script(`create database ${DATABASE} owner ${ROLE}`);
    named = onDatabase(server.target, DATABASE);
  });
  afterAll(async () => {
    // homes of the role, and of the database
    const made = await server.rows<{ name: string }>(
      `select datname as name from pg_database
        where pg_get_userbyid(datdba) = $1::text or shobj_description(oid, 'pg_database') like '%' || $2::text || '%'`,
      [ROLE, ID],
    );
    for (const { name } of made) await dropDatabase(server, name);
    await server.script(`drop role ${ROLE}`);
    await server.close();
  });

  const roles = {
    superuser: (): Target => named,
    owner: (): Target => ({ ...named, user: ROLE, password: "cleaner" }),
  };
  const forms = {
    superuser: ["seed-rows", "inherited-later", "matview-behind"],
    owner: ["seed-rows", "circular", "partitions", "triggers"],
  } as const;

  describe.each(["superuser", "owner"] as const)("by the %s", (role) => {
    it.each(forms[role])("leaves of %s what the migrations left", async (form) => {
      const project: Project = {
        target: roles[role](),
        name: `clean_${form.replace("-", "_")}_${role}_${ID}`,
        migrations: readMigrations(formFolder(form)),
      };
      await setUpStanding(project);
      const inside = onDatabase(server.target, project.name);
      const contents = (): Promise<CatalogObject[]> =>
        inSession(inside, (session) => readContents(session, { outside: "" }));
      const before = await contents();
      expect(before.length).toBeGreaterThan(1);
      await inSession(inside, wreck);
      expect(await contents()).not.toEqual(before);
      await cleanStanding(project, () => {});
      expect(await contents()).toEqual(before);
      expect(await verifyStanding(project, () => {})).toEqual({ history: [], pending: [], differences: [] });
      expect(await dropStanding(project)).toBe(true);
    });
  });
});

/** Every row comes twice where it can, or goes; sequences go on. */
async function wreck(session: Session): Promise<void> {
  await session.script(`do $$
declare
  r record;
begin
  set local session_replication_role to replica;
  for r in select c.oid::regclass as name, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.oid >= 16384 and c.relkind in ('r', 'S') and n.nspname <> 'drizzle' loop
    if r.relkind = 'S' then perform nextval(r.name);
    else
      begin
        execute format('insert into %s select * from only %1$s', r.name);
      exception when others then
        execute format('delete from only %s', r.name);
      end;
    end if;
  end loop;
end $$`);
}
