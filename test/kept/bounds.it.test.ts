/** What is kept after failures: how much, for how long, and that no later run sees anything of it. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { forgetKept, readKept } from "../../src/kept/kept-notes.ts";
import { withTestDb as withPgTestDb } from "../../src/pg.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase } from "../../src/target/target.ts";
import { dropUnit } from "../../src/unit/drop-unit.ts";
import { unitIn } from "../../src/unit/unit.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({
  "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY, "note" text);--> statement-breakpoint
    CREATE FUNCTION "total"() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM t); END'`,
});

interface Kept {
  readonly name: string;
  readonly isolation: "schema" | "database";
}

describe.skipIf(!isIntegrationEnabled())("what failed tests left", () => {
  let own: OwnDatabase;
  let stderr: ReturnType<typeof vi.spyOn>;
  const homes = new Map<string, Session>();
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_kept_${Date.now()}`);
    stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  const kept = (home: Session): Promise<Kept[]> =>
    home.rows<Kept & Record<string, unknown>>(
      "select name, isolation from with_test_db.unit where state = 'kept' order by kept_until, name",
    );
  const homeOf = async (isolation: Kept["isolation"]): Promise<Session> => {
    const known = homes.get(isolation);
    if (known) return known;
    const testDb = await withTestDb({ ...options, isolation });
    const [row] = await own.server.rows<{ home: string }>(
      "select (substr(shobj_description(oid, 'pg_database'), 14)::jsonb) ->> 'home' as home from pg_database where datname = $1::text",
      [testDb.databaseName],
    );
    await testDb.dispose();
    const home = await openSession(onDatabase(own.target, row?.home as string));
    homes.set(isolation, home);
    return home;
  };
  afterEach(async () => {
    for (const home of homes.values()) {
      for (const unit of await kept(home)) {
        await dropUnit(home, unit);
        forgetKept(unit.name);
      }
    }
  });
  afterAll(async () => {
    stderr.mockRestore();
    for (const home of homes.values()) await home.close();
    await own.drop();
  });

  const options = { migrationsFolder, keep: "on-failure" as const, label: "kept" };
  const fail = async (isolation: Kept["isolation"], failed: string | true = true): Promise<string> => {
    const testDb = await withTestDb({ ...options, url: own.url, isolation });
    await testDb.client`insert into t (note) values (${String(failed)})`;
    await testDb.dispose({ failed });
    return isolation === "schema" ? `${testDb.schemaName}` : testDb.databaseName;
  };
  const names = async (home: Session): Promise<string[]> => (await kept(home)).map(({ name }) => name);

  beforeAll(() => void Object.assign(options, { url: own.url }));

  describe.each(["schema", "database"] as const)("a %s", (isolation) => {
    it.each([
      ["postgres", withTestDb],
      ["pg", withPgTestDb],
    ])("is set aside by reset(), and the next test has a pristine one under the same name: %s", async (_, withIt) => {
      const home = await homeOf(isolation);
      const testDb = await (withIt as typeof withTestDb)({ ...options, isolation });
      const run = async (sql: string): Promise<unknown[]> => {
        const client = testDb.client as unknown as {
          query?(sql: string): Promise<{ rows: unknown[] }>;
        } & TestDb["client"];
        return client.query ? (await client.query(sql)).rows : [...(await client.unsafe(sql))];
      };
      const rowsIn = async (name: string): Promise<unknown[]> => {
        const { target, settings } = unitIn(home.target, name, isolation);
        const session = await openSession(target, settings);
        const rows = await session.rows("select note, total()::int as total from t");
        await session.close();
        return rows;
      };
      const before = { schemaName: testDb.schemaName, databaseName: testDb.databaseName, url: testDb.url };
      await run("insert into t (note) values ('first')");
      await testDb.reset({ failed: "first" });
      expect(await run("select * from t")).toEqual([]);
      await run("alter table t add column extra integer");
      await run("insert into t (note) values ('second')");
      await testDb.reset({ failed: true });
      expect(await run("insert into t (note) values ('third') returning id, note")).toEqual([{ id: 1, note: "third" }]);
      await testDb.reset();
      const [first = "", second = "", ...more] = await names(home);
      expect(more).toEqual([]);
      for (const name of [first, second]) expect(name).toMatch(/^it_kept_failed_[a-z0-9]{14}$/);
      expect(await rowsIn(first)).toEqual([{ note: "first", total: 1 }]);
      expect(await rowsIn(second)).toEqual([{ note: "second", total: 1 }]);
      expect({ schemaName: testDb.schemaName, databaseName: testDb.databaseName, url: testDb.url }).toEqual(before);
      await testDb.dispose();
      expect(await names(home)).toEqual([first, second]);
      expect(readKept(undefined, first)).toMatchObject([{ name: first, isolation, test: "first" }]);
    });

    it("is one of eight of a home, of which the oldest goes first, but none that somebody looks into", async () => {
      const home = await homeOf(isolation);
      const first = await fail(isolation);
      const { target, settings } = unitIn(home.target, first, isolation);
      const looking = await openSession(target, settings);
      const second = await fail(isolation);
      const later: string[] = [];
      for (let i = 0; i < 8; i++) later.push(await fail(isolation));
      await vi.waitFor(async () => expect(await names(home)).toEqual([first, ...later]), SOON);
      await vi.waitFor(() => expect(readKept(undefined, second)).toEqual([]), SOON);
      expect(readKept(undefined, first)).toHaveLength(1);
      await looking.close();
      const last = await fail(isolation);
      // the session may take a moment to go, and the next failure takes what this one has left
      await vi.waitFor(async () => {
        if ((await names(home)).includes(first)) await fail(isolation);
        expect(await names(home)).not.toContain(first);
      }, SOON);
      expect((await names(home)).length).toBeLessThanOrEqual(9);
      expect(await names(home)).toContain(last);
    });

    it("goes with a sweep after two hours, unless somebody looks into it; not before, and not where all is kept", async () => {
      const home = await homeOf(isolation);
      const [old, seen, young] = [await fail(isolation), await fail(isolation), await fail(isolation)];
      const all = await withTestDb({ ...options, isolation, keep: true });
      const byDemand = isolation === "schema" ? `${all.schemaName}` : all.databaseName;
      await all.dispose({ failed: true });
      const { target, settings } = unitIn(home.target, seen, isolation);
      const looking = await openSession(target, settings);
      const [until] = await home.rows(
        "select extract(epoch from min(kept_until) - now())::int between 7000 and 7200 as is_set from with_test_db.unit",
      );
      expect(until).toEqual({ is_set: true });
      await home.rows(
        "update with_test_db.unit set kept_until = now() - interval '1 second' where name in ($1::text, $2::text)",
        [old, seen],
      );
      const { units, databases } = await sweep(own.server);
      expect([...units, ...databases].filter((name) => [old, seen, young, byDemand].includes(name))).toEqual([old]);
      expect((await names(home)).sort()).toEqual([seen, young, byDemand].sort());
      expect(readKept(undefined, old)).toEqual([]);
      await looking.close();
      await vi.waitFor(async () => {
        await sweep(own.server);
        expect((await names(home)).sort()).toEqual([young, byDemand].sort());
      }, SOON);
    });

    it("that somebody dropped is told of, and not kept", async () => {
      const home = await homeOf(isolation);
      const testDb = await withTestDb({ ...options, isolation });
      const name = isolation === "schema" ? `${testDb.schemaName}` : testDb.databaseName;
      await home.script(
        isolation === "schema" ? `drop schema ${ident(name)} cascade` : `drop database ${ident(name)} with (force)`,
      );
      await expect(testDb.dispose({ failed: true })).rejects.toMatchObject({ code: "UNIT_GONE" });
      expect(await names(home)).toEqual([]);
      await home.rows("delete from with_test_db.unit where name = $1::text", [name]);
    });
  });

  it("is not in the way of the next run with what was made outside of the unit", async () => {
    const home = await homeOf("schema");
    for (let run = 0; run < 2; run++) {
      const testDb = await withTestDb({ ...options, isolation: "schema" });
      await testDb.client`create schema beside_it`;
      await testDb.client`create table beside_it.things (id integer)`;
      await testDb.dispose({ failed: true });
    }
    await (await withTestDb({ ...options, isolation: "schema" })).dispose();
    expect(await names(home)).toHaveLength(2);
    expect(await home.rows("select from pg_namespace where nspname = 'beside_it'")).toEqual([]);
  });

  it("is nothing after a test that passed, and nothing with keep: false", async () => {
    const home = await homeOf("schema");
    await withTestDb({ ...options }, async () => "passed");
    await withTestDb({ ...options, keep: false }, async () => Promise.reject(new Error("failed"))).catch(() => {});
    const testDb = await withTestDb({ ...options });
    await testDb.reset();
    await testDb[Symbol.asyncDispose]();
    expect(await names(home)).toEqual([]);
    await expect(withTestDb(options, async () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(await names(home)).toHaveLength(1);
  });
});
