/** A database that bears a home's name is used only where it is ours: nothing in another one is run, and a copy owns nothing. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase } from "../../src/target/target.ts";
import { settled } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

const binaries = findBinaries(18);
if ("missing" in binaries)
  process.stderr.write(`SKIPPED: squatted homes need a server of their own, and ${binaries.missing}\n`);

const SQUATTER = "squatter";
/** What `lease` is given, and a type of what it returns. */
const GIVEN = "text, integer, text, boolean, boolean";
const ANSWER = "(how text, array_types text, reasons text[], sweep_is_due boolean)";
/** Would make the squatter a superuser, if a superuser ran it. */
const ESCALATE = `
  create function with_test_db.write() returns text language plpgsql volatile as $$ begin
    alter role ${SQUATTER} superuser; return 'created';
  end $$;
  create function with_test_db.escalate(integer) returns text language plpgsql immutable as $$ begin
    return with_test_db.write();
  end $$;
  create function with_test_db.leak(integer) returns text language plpgsql immutable as $$ begin
    raise exception 'it was run'; return '';
  end $$;`;

const PLANTED: Readonly<Record<string, string>> = {
  "a function that is volatile": `create function with_test_db.lease(${GIVEN}, out how text, out array_types text, out reasons text[], out sweep_is_due boolean)
    language plpgsql as $$ begin how := with_test_db.escalate(1); end $$`,
  "a function that is immutable": `create function with_test_db.lease(${GIVEN}, out how text, out array_types text, out reasons text[], out sweep_is_due boolean)
    language plpgsql immutable as $$ begin how := with_test_db.escalate(1); end $$`,
  "a set that is inlined and folded": `create function with_test_db.lease(${GIVEN}) returns table ${ANSWER} language sql immutable
    as $$ select with_test_db.escalate(1), '', '{}'::text[], false $$`,
  "a set that is inlined, and fails": `create function with_test_db.lease(${GIVEN}) returns table ${ANSWER} language sql stable
    as $$ select with_test_db.leak(1), '', '{}'::text[], false $$`,
  "a row that is inlined and folded": `create type with_test_db.answer as ${ANSWER};
    create function with_test_db.lease(${GIVEN}) returns with_test_db.answer language sql immutable
    as $$ select row(with_test_db.escalate(1), '', '{}'::text[], false)::with_test_db.answer $$`,
  "casts and operators": `create function with_test_db.lease(text, integer, text, boolean, boolean, integer default with_test_db.leak(1)::integer)
    returns table ${ANSWER} language sql immutable as $$ select with_test_db.escalate(1), '', '{}'::text[], false $$;
    create function public.escalate(name, name) returns boolean language sql immutable as $$ select with_test_db.escalate(1) = '' $$;
    create operator public.= (leftarg = name, rightarg = name, function = public.escalate)`,
};

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("a database with a home's name", () => {
  let server: TestServer;
  let url: string;
  let migrationsFolder: string;
  let home: string;
  beforeAll(async () => {
    server = await startServer({ major: 18 });
    url = targetUrl(server.target);
    migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id serial PRIMARY KEY)" });
    home = await withTestDb({ schema: {}, migrationsFolder, url }, ({ databaseName }) => databaseName);
    await server.admin.script(`create role ${SQUATTER} login createdb password 'known'`);
  });
  afterAll(() => server?.stop());
  afterEach(async () => {
    await nobodyIn();
    await server.admin.script(`drop database if exists ${home} with (force)`);
  });

  const nobodyIn = (): Promise<void> =>
    expect
      .poll(() => server.admin.rows("select from pg_stat_activity where datname = $1::text", [home]), SOON)
      .toEqual([]);

  const isSuperuser = async (): Promise<unknown> =>
    (await server.admin.rows("select rolsuper as is from pg_roles where rolname = $1::text", [SQUATTER]))[0]?.["is"];

  it.each(
    Object.entries(PLANTED).flatMap(([what, sql]) => [
      { what, sql, driver: "postgres.js", open: withTestDb },
      { what, sql, driver: "node-postgres", open: withNodePostgres as unknown as typeof withTestDb },
    ]),
  )("is another role's, with $what: nothing of it is run, by $driver", async ({ sql, open }) => {
    await server.admin.script(`drop database if exists ${home} with (force)`);
    await server.admin.script(`create database ${home} owner ${SQUATTER}`);
    const squatter = await openSession({ ...onDatabase(server.target, home), user: SQUATTER, password: "known" });
    await squatter.script(`create schema with_test_db; grant usage on schema with_test_db to public; ${ESCALATE} ${sql};
      comment on database ${home} is 'with-test-db {"what":"home"}';`);
    await squatter.close();
    const refused = await open({ schema: {}, migrationsFolder, url }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: "HOME_FAILED", message: expect.stringContaining(home) });
    expect(await isSuperuser()).toBe(false);
    await sweep(server.admin, { minAge: 0, freeAge: 0, homeAge: 0, secondLookAfter: 0 });
    expect(await isSuperuser()).toBe(false);
    // the next step, as it stands
    const [, next = ""] = /next: (drop database "[^"]+";)/.exec((refused as Error).message) ?? [];
    await nobodyIn();
    await server.admin.script(next);
    await open({ schema: {}, migrationsFolder, url }).then((testDb) => testDb.dispose());
  });

  /** A copy of the home that is there, its comment as well. */
  async function copied(name: string): Promise<Session> {
    await nobodyIn();
    await server.admin.script(`create database ${name} template ${home}`);
    await server.admin.script(`do $$ begin execute format('comment on database ${name} is %L',
      (select shobj_description(oid, 'pg_database') from pg_database where datname = '${home}')); end $$`);
    return openSession(onDatabase(server.target, name));
  }

  it("is a copy: no sweep of it touches the units of the original, and none lease from it", async () => {
    const kept = await withTestDb({ schema: {}, migrationsFolder, url, keep: true });
    const outside = await withTestDb({ schema: {}, migrationsFolder, url, isolation: "database", keep: true });
    await Promise.all([kept.dispose(), outside.dispose()]);
    const copy = await copied("it_home_copy");
    try {
      const swept = await sweep(copy, { minAge: 0, freeAge: 3600, homeAge: 3600, secondLookAfter: 0 });
      expect(swept).toMatchObject({ units: [], databases: [], records: [], failures: [] });
      const lease = "select l.how from with_test_db.lease('it_copied', 1, '{}', true, true) l";
      await expect(copy.rows(lease)).rejects.toThrow("it_home_copy is no home");
    } finally {
      await copy.close();
      await server.admin.script("drop database it_home_copy with (force)");
      await sweep(server.admin, { minAge: 0, freeAge: 0, homeAge: 0, secondLookAfter: 0 });
    }
  });

  it("is a copy that was given the original's name: it is not used, and the error says so", async () => {
    await withTestDb({ schema: {}, migrationsFolder, url }, () => {});
    const original = await openSession(onDatabase(server.target, home));
    await settled(original);
    await original.close();
    await (await copied("it_home_copy")).close();
    await nobodyIn();
    await server.admin.script(`drop database ${home}`);
    await server.admin.script(`alter database it_home_copy rename to ${home}`);
    const refused = await withTestDb({ schema: {}, migrationsFolder, url }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "HOME_FAILED", message: expect.stringContaining(`drop database "${home}"`) });
    const swept = await sweep(server.admin, { minAge: 0, freeAge: 0, homeAge: 0, secondLookAfter: 0 });
    expect(swept.databases).toEqual([]);
  });
});
