/** What is counted on of Postgres: docs/decisions/what-is-counted-on.md. Read in 15 to 18. */
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const NAME = `it_counted_postgres_${Date.now().toString(36)}`;
const CONNECTION = { application_name: NAME, search_path: "place", lock_timeout: 2_000 };

describe.skipIf(!isIntegrationEnabled())("Postgres", () => {
  let database: OwnDatabase;
  /** Two connections, whose search_path is the schema `place`. */
  let one: Sql;
  let other: Sql;
  beforeAll(async () => {
    database = await openOwnDatabase(NAME);
    const open = (): Sql => postgres(database.url, { max: 1, onnotice: () => {}, connection: CONNECTION });
    [one, other] = [open(), open()];
  });
  afterAll(async () => {
    await Promise.all([one?.end(), other?.end()]);
    await database.drop();
  });
  beforeEach(() =>
    one.unsafe("drop schema if exists place cascade; drop schema if exists moved cascade; create schema place"),
  );

  const pages = async (): Promise<number> => {
    const [row] = await one.unsafe("explain (format json) select * from place.t");
    return Number(row?.["QUERY PLAN"][0].Plan["Plan Rows"]);
  };

  it("takes a table for ten pages once a superuser has it forget its rows, until that is rolled back", async () => {
    await one.unsafe("create table place.t (a integer); insert into place.t values (1); analyze place.t").simple();
    expect(await pages()).toBe(1);
    await one.unsafe("begin").simple();
    await one.unsafe("update pg_class set reltuples = -1, relpages = 0 where oid = 'place.t'::regclass").simple();
    await one.unsafe("delete from pg_statistic where starelid = 'place.t'::regclass").simple();
    expect(await pages()).toBeGreaterThan(1_000);
    await one.unsafe("rollback").simple();
    expect(await pages()).toBe(1);
  });

  it("keeps the plan of a prepared statement whatever is set later, and the statement past a rollback", async () => {
    await one.unsafe("create table place.t (a integer primary key)").simple();
    const scan = async (): Promise<unknown> =>
      (await one.unsafe("explain (format json) execute counted (1)"))[0]?.["QUERY PLAN"][0].Plan["Node Type"];
    await one.unsafe("begin; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off").simple();
    await one.unsafe("prepare counted as select * from place.t where a = $1").simple();
    const first = await scan();
    await one
      .unsafe("set local enable_seqscan = on; set local enable_indexscan = off; set local enable_bitmapscan = off")
      .simple();
    expect(await scan()).toBe(first);
    await one.unsafe("rollback").simple();
    expect(await one`select name from pg_prepared_statements where name = 'counted'`).toHaveLength(1);
    await one.unsafe("deallocate counted").simple();
  });

  describe("tells the first statement of a transaction by the two times", () => {
    const SAME = "select now() = statement_timestamp() as same";

    it("in the simple protocol, from one in a transaction that was begun before", async () => {
      expect(await one.unsafe(SAME).simple()).toEqual([{ same: true }]);
      await one.unsafe("begin").simple();
      expect(await one.unsafe(SAME).simple()).toEqual([{ same: false }]);
      await one.unsafe("rollback").simple();
    });

    it("but not in the extended protocol, whose later messages have a later time", async () => {
      expect(await one.unsafe(`${SAME} where $1::int = 1`, [1])).toEqual([{ same: false }]);
    });
  });

  describe("takes a startup packet that names a schema which is not there yet", () => {
    it("and finds that schema within the very query that makes it", async () => {
      await one.unsafe("drop schema place");
      await one.unsafe(`create function pg_temp.make() returns integer language plpgsql
        as $$ begin execute 'create schema place'; return 1; end $$`);
      expect(await one`select current_schema() as at from pg_temp.make()`).toEqual([{ at: "place" }]);
    });

    it("and keeps its settings as the defaults of the session, also after DISCARD ALL", async () => {
      const shown = (sql: Sql): Promise<unknown> => sql`
        select application_name as name, current_setting('search_path') as path from pg_stat_activity where pid = pg_backend_pid()`;
      await one.unsafe("set application_name to other; set search_path to other").simple();
      await one.unsafe("discard all").simple();
      expect([...((await shown(one)) as object[])]).toEqual([{ name: NAME, path: "place" }]);
    });
  });

  describe("with a transaction open in a schema", () => {
    it("renames that schema without waiting", async () => {
      await one.unsafe("create table things (id integer)");
      await one.begin(async (transaction) => {
        await transaction.unsafe("insert into things values (1); create table more ()");
        await other.unsafe("alter schema place rename to moved");
      });
      expect(await one`select id from moved.things`).toEqual([{ id: 1 }]);
    });

    it("shows a lock on that schema where something was made in it", async () => {
      const locked = await one.begin(async (transaction) => {
        await transaction.unsafe("create table things ()");
        return other`select count(*)::int as n from pg_locks
          where locktype = 'object' and classid = 'pg_namespace'::regclass and objid = 'place'::regnamespace and granted`;
      });
      expect(locked).toEqual([{ n: 1 }]);
    });
  });

  it("records all that is in a schema as depending on it, but for indexes, arrays, and the rows and relations of types", async () => {
    await one.unsafe(`create table things (id serial primary key, name text[]); create view seen as select * from things;
      create type mood as enum ('ok'); create type pair as (a integer); create function f() returns integer language sql return 1`);
    const unrecorded = await one`
      with recorded as (select classid, objid from pg_depend
        where refclassid = 'pg_namespace'::regclass and refobjid = 'place'::regnamespace)
      select 'relation ' || relname as name from pg_class where relnamespace = 'place'::regnamespace
         and ('pg_class'::regclass::oid, oid) not in (select * from recorded)
      union all select 'type ' || typname from pg_type where typnamespace = 'place'::regnamespace
         and ('pg_type'::regclass::oid, oid) not in (select * from recorded)
      union all select 'routine ' || proname from pg_proc where pronamespace = 'place'::regnamespace
         and ('pg_proc'::regclass::oid, oid) not in (select * from recorded)
      order by 1`;
    expect(unrecorded.map(({ name }) => name)).toEqual([
      ...["relation pair", "relation things_pkey"],
      ...["type _mood", "type _pair", "type _seen", "type _things", "type seen", "type things"],
    ]);
  });

  it("gives what it came with numbers below 16384, and what others make none of these", async () => {
    await one.unsafe("create type mood as enum ('ok')");
    const [row] = await one`
      select max(oid) filter (where nspname in ('pg_catalog', 'information_schema')) < 16384 as born,
             min(oid) filter (where nspname = 'place') >= 16384 as made
        from (select t.oid, n.nspname from pg_type t join pg_namespace n on n.oid = t.typnamespace) types`;
    expect(row).toEqual({ born: true, made: true });
  });

  describe("prints definitions", () => {
    it("with the schema of everything that is not found by the search path", async () => {
      await one.unsafe(`create type mood as enum ('ok'); create function f(m mood) returns mood language sql return m;
        create function fired() returns trigger language plpgsql as 'begin return null; end';
        create table things (m mood default 'ok', check (f(m) = 'ok')); create index by_f on things (f(m));
        create trigger t after insert on things execute function fired(); create view seen as select f(m) from things`);
      const printed = await one.begin(async (transaction) => {
        await transaction.unsafe("set local search_path to pg_catalog");
        return transaction`select pg_get_viewdef('place.seen'::regclass) as view,
          pg_get_indexdef('place.by_f'::regclass) as index, pg_get_function_arguments('place.f'::regproc) as arguments,
          pg_get_function_sqlbody('place.f'::regproc) as body,
          (select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'place.things'::regclass and contype = 'c') as check,
          (select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'place.things'::regclass) as trigger,
          (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'place.things'::regclass) as default`;
      });
      expect(printed[0]).toEqual({
        view: " SELECT place.f(m) AS f\n   FROM place.things;",
        index: "CREATE INDEX by_f ON place.things USING btree (place.f(m))",
        arguments: "m place.mood",
        body: "RETURN m",
        check: "CHECK ((place.f(m) = 'ok'::place.mood))",
        trigger: "CREATE TRIGGER t AFTER INSERT ON place.things FOR EACH STATEMENT EXECUTE FUNCTION place.fired()",
        default: "'ok'::place.mood",
      });
    });

    it("in another way once they were read back, and then the same again", async () => {
      await one.unsafe("create table things (name varchar(9), constraint c check (name in ('a', 'b')))");
      const texts: string[] = [];
      for (let times = 0; times < 3; times++) {
        const [row] =
          await one`select pg_get_constraintdef(oid) as text from pg_constraint where conrelid = 'place.things'::regclass`;
        texts.push(row?.["text"]);
        await one.unsafe(`alter table things drop constraint c, add constraint c ${row?.["text"]}`);
      }
      expect(texts[1]).not.toBe(texts[0]);
      expect(texts[2]).toBe(texts[1]);
    });

    it("with the words by which kinds are told apart", async () => {
      await one.unsafe(`create table things (id integer); alter table things add check (id > 0) not valid;
        create function fired() returns trigger language plpgsql as 'begin return null; end';
        create constraint trigger c after insert on things for each row execute function fired()`);
      const [row] = await one`
        select (select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'place.things'::regclass and contype = 'c') as check,
               (select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'place.things'::regclass) as trigger,
               (select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'public') as comment`;
      expect(row).toMatchObject({
        check: "CHECK ((id > 0)) NOT VALID",
        trigger: expect.stringMatching(/^CREATE CONSTRAINT TRIGGER /),
        comment: "standard public schema",
      });
    });
  });

  describe("bears in each row the transaction that wrote it", () => {
    /** How many rows of the catalogs, that a schema has, were written by a transaction. */
    const CATALOGS = `
      select 'pg_namespace' as catalog, xmin as made, oid from pg_namespace where nspname in ('place', 'moved')
      union all select 'pg_class', xmin, oid from pg_class where relname = 'things'
      union all select 'pg_attribute', xmin, attrelid from pg_attribute where attrelid = 'things'::regclass
      union all select 'pg_depend', xmin, objid from pg_depend where refobjid = 'things'::regclass`;
    const written = async (): Promise<object[]> => [
      ...(await one.unsafe(
        `select catalog, array_agg(distinct made::text) as made from (${CATALOGS}) rows group by 1 order by 1`,
      )),
    ];

    it("also after ANALYZE, and after VACUUM has frozen it", async () => {
      await one.unsafe("create table things (id integer)");
      await one.unsafe("insert into things values (1)");
      const before = await written();
      for (const catalog of ["pg_class", "pg_attribute", "pg_depend", "pg_namespace"]) {
        await one.unsafe(`vacuum (freeze, analyze) ${catalog}`);
      }
      await one.unsafe("analyze things");
      expect(await written()).toEqual(before);
    });

    it("and by a rename writes but the schema's own, by TRUNCATE but the relation's", async () => {
      await one.unsafe("create table things (id integer)");
      const before = (await written()) as { catalog: string }[];
      const but = (catalog: string): object[] => before.filter((row) => row.catalog !== catalog);
      await one.unsafe("truncate things");
      const truncated = (await written()) as { catalog: string }[];
      expect(truncated.filter(({ catalog }) => catalog !== "pg_class")).toEqual(but("pg_class"));
      expect(truncated).not.toEqual(before);
      await one.unsafe("alter schema place rename to moved; alter schema moved rename to place");
      const renamed = (await written()) as { catalog: string }[];
      expect(renamed.filter(({ catalog }) => catalog !== "pg_namespace")).toEqual(
        truncated.filter(({ catalog }) => catalog !== "pg_namespace"),
      );
      expect(renamed).not.toEqual(truncated);
    });

    it("which within a block that has an exception handler is another than around it", async () => {
      await one.unsafe(`create table things (id integer); do $$ begin
        insert into things values (1); begin insert into things values (2); exception when others then null; end; end $$`);
      expect(await one`select count(distinct xmin::text)::int as n from things`).toEqual([{ n: 2 }]);
      await one.unsafe(
        "drop table things; do $$ begin create table things (id integer); insert into things values (1); end $$",
      );
      const [row] =
        await one`select xmin::text = (select xmin::text from pg_class where oid = 'things'::regclass) as same from things`;
      expect(row).toEqual({ same: true });
    });
  });

  it("gives a table its first page with its first row", async () => {
    await one.unsafe("create table things (id integer)");
    const size = async (sql: Pick<Sql, "unsafe">): Promise<unknown> =>
      (await sql.unsafe("select pg_relation_size('things')::int as n"))[0]?.n;
    expect(await size(one)).toBe(0);
    await one.begin(async (transaction) => {
      await transaction.unsafe("insert into things values (1)");
      expect(await size(transaction)).toBe(8192);
    });
  });

  it("has functions that hash, the same in every session", async () => {
    const hash = (sql: Sql): Promise<unknown> =>
      sql`select hash_record_extended(row(1, 'a'::text, null::oid), 0)::text as row, hashtextextended('a', 0)::text as text`;
    expect(await hash(one)).toEqual(await hash(other));
    expect(await one`select hash_record_extended(row(1), 0) = hash_record_extended(row(2), 0) as same`).toEqual([
      { same: false },
    ]);
  });

  it("marks a trigger on TRUNCATE by the bit 32", async () => {
    await one.unsafe(`create table things (); create function fired() returns trigger language plpgsql as 'begin return null; end';
      create trigger a after truncate on things execute function fired(); create trigger b after insert or update or delete on things execute function fired()`);
    const rows =
      await one`select (tgtype & 32) <> 0 as marked from pg_trigger where tgrelid = 'things'::regclass order by tgname`;
    expect(rows.map(({ marked }) => marked)).toEqual([true, false]);
  });

  it("heeds a function's own lock_timeout, though not its statement_timeout", async () => {
    await one.unsafe(`create table things ();
      create function waiting() returns void language plpgsql set lock_timeout to '50ms' as $$ begin lock table place.things; end $$;
      create function sleeping() returns void language plpgsql set statement_timeout to '0' as $$ begin perform pg_sleep(30); end $$`);
    await one.begin(async (transaction) => {
      await transaction.unsafe("lock table things");
      await expect(other.unsafe("set lock_timeout to 0; select waiting()")).rejects.toMatchObject({ code: "55P03" });
    });
    await other.unsafe("set statement_timeout to 50");
    await expect(other.unsafe("select sleeping()")).rejects.toMatchObject({ code: "57014" });
    await other.unsafe("discard all").simple();
  });

  it("keeps a setting that is a list of names as names in quotes", async () => {
    const lists = ["search_path", "temp_tablespaces", "local_preload_libraries"];
    for (const name of lists) await one.unsafe(`alter database ${NAME} set ${name} to 'a b', 'c'`);
    const kept = await one`select unnest(setconfig) as setting from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = ${NAME})`;
    for (const name of lists) await one.unsafe(`alter database ${NAME} reset ${name}`);
    expect(kept.map(({ setting }) => setting)).toEqual(lists.map((name) => `${name}="a b", c`));
  });

  it("has no user for what autovacuum does", async () => {
    const users = await one`select usesysid from pg_stat_activity where backend_type = 'autovacuum launcher'`;
    expect(users).toEqual([{ usesysid: null }]);
  });
});
