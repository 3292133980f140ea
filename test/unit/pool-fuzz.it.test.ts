/**
 * Whatever a test does to its unit, the next holder of a unit finds what the migrations made: its pg_dump, rows
 * included, is equal to a fresh one's. `FUZZ_ROUNDS=2000` runs as many rounds as one has time for.
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { onDatabase } from "../../src/target/target.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const ROUNDS = Number(process.env["FUZZ_ROUNDS"] ?? 15);
const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "../../packages/catalog/drizzle");
const options = { schema: {}, migrationsFolder, isolation: "schema" } as const;
type Unit = TestDb<Record<string, never>>;

/** Statements that run as they are. Some fail, depending on those before; that is part of the game. */
const STATEMENTS = [
  "insert into teams (slug, name) select 'fuzz-' || g, 'Fuzz ' || g from generate_series(1, 5) g",
  "insert into tags (name) select 'fuzz-' || g from generate_series(1, 400) g",
  "insert into tags (name) values (repeat('x', 3000))",
  "update tags set name = name || '!'",
  "delete from tags",
  "delete from environments",
  "update environments set name = name || ' changed' where ctid = (select min(ctid) from environments)",
  "truncate environments cascade",
  "truncate tags restart identity cascade",
  "delete from lifecycle_transitions",
  "do $$ declare t record; begin for t in select tablename from pg_tables where schemaname = current_schema() loop execute format('delete from %I', t.tablename); end loop; exception when others then null; end $$",
  "do $$ declare s record; begin for s in select sequencename from pg_sequences where schemaname = current_schema() loop perform setval(s.sequencename::regclass, 77); end loop; end $$",
  "do $$ declare s record; begin for s in select sequencename from pg_sequences where schemaname = current_schema() loop perform setval(s.sequencename::regclass, 9, false); end loop; end $$",
  "do $$ declare m record; begin for m in select matviewname from pg_matviews where schemaname = current_schema() loop execute format('refresh materialized view %I', m.matviewname); end loop; end $$",
  "create table fuzz (id serial primary key, v text)",
  "create table fuzz_like (like tags including all)",
  "alter table tags add column fuzz integer default 7",
  "alter table tags drop column name cascade",
  "alter table tags rename to labels",
  "alter table tags alter column name set statistics 500",
  "alter table tags set (autovacuum_enabled = off)",
  "alter table tags disable trigger all",
  "alter table tags replica identity full",
  "alter table environments owner to current_user",
  "alter table environments enable row level security",
  "alter table environments set unlogged",
  "create unique index fuzz_idx on environments ((lower(name)))",
  "create policy fuzz on environments using (false)",
  "create view fuzz_view as select * from tags",
  "create materialized view fuzz_mat as select 1 as one",
  "create type fuzz_type as enum ('a')",
  "create domain fuzz_domain as text check (value <> '')",
  "create function fuzz() returns integer language sql as 'select 1'",
  "create sequence fuzz_seq",
  "create rule fuzz as on delete to tags do instead nothing",
  "create trigger fuzz before insert on tags for each row execute function suppress_redundant_updates_trigger()",
  "comment on table tags is 'fuzzed'",
  "grant select on all tables in schema current_schema() to public",
  "grant select on tags to public",
  "create temp table fuzz_temp as select * from tags",
  "create temp table tags (id integer)",
  "create index on tags (name)",
  "analyze",
  "vacuum",
  "vacuum full tags",
  "reindex table tags",
  "cluster tags using tags_pkey",
  "select lo_create(0)",
  "select pg_advisory_lock(4711)",
  "set search_path to public",
  "set session_replication_role to replica",
  "set row_security to off",
  "set default_transaction_read_only to on",
  "set lock_timeout to 1",
  "listen fuzz",
  "prepare fuzz as select 1",
  "declare fuzz cursor with hold for select * from tags",
  "begin; insert into tags (name) values ('open transaction')",
  "begin; lock table environments in access exclusive mode",
  "begin; create table fuzz_open (id integer)",
  "select pg_terminate_backend(pg_backend_pid())",
  "alter schema current_schema rename to it_fuzz_elsewhere",
  "drop table deployments cascade",
  "drop schema current_schema cascade",
];

/** After DDL a unit is dropped; most rounds should end with one that is used again. */
const DDL = /^(create (?!temp)|alter|comment|grant|drop|cluster|vacuum full|begin; create|do .* refresh)/;
const statement = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...STATEMENTS.filter((text) => !DDL.test(text))) },
  { weight: 1, arbitrary: fc.constantFrom(...STATEMENTS.filter((text) => DDL.test(text))) },
);

describe.skipIf(!isIntegrationEnabled())("fuzzing the pool", () => {
  let session: Session;
  let fresh: string;
  let reused = 0;

  const normalised = async (schemaName: string | null): Promise<string> => {
    const dump = await dumpSchema(session.target, String(schemaName));
    return dump.replaceAll(String(schemaName), "UNIT").replace(/^ALTER TABLE .*pg_attver.*$\n?/gm, "");
  };

  beforeAll(async () => {
    const unit = await withTestDb({ ...options, reuse: false });
    session = await openSession(onDatabase(await testTarget(), unit.databaseName));
    fresh = await normalised(unit.schemaName);
    await unit.dispose();
  });
  afterAll(async () => {
    await session.script("drop schema if exists it_fuzz_elsewhere cascade");
    await session.rows("select lo_unlink(oid) from pg_largeobject_metadata");
    await session.close();
  });

  /** Connections of an application's own, which are still open, in whatever state, when the unit is disposed of. */
  async function abuse(unit: Unit, statements: readonly string[], connections: number): Promise<postgres.Sql[]> {
    // from the login on: one that was ended may have another session by the next statement, which is to wait for no lock either
    const connection = { statement_timeout: 300 };
    const clients = Array.from({ length: connections }, () => {
      return postgres(unit.url, { max: 1, onnotice: () => {}, connection });
    });
    for (const [index, statement] of statements.entries()) {
      const client = clients[index % connections] as postgres.Sql;
      const text = statement.replace(/schema current_schema (rename|cascade)/, `schema ${unit.schemaName} $1`);
      await client.unsafe("set statement_timeout to 300").catch(() => {});
      await client.unsafe(text).catch(() => {});
    }
    return clients;
  }

  it(`leaves nothing for the next holder, in ${ROUNDS} rounds`, { timeout: 60_000 + ROUNDS * 5_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(statement, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        async (statements, connections) => {
          await session.script("drop schema if exists it_fuzz_elsewhere cascade");
          const unit = await withTestDb(options);
          const name = unit.schemaName;
          const [schema] = await session.rows<{ oid: string }>(
            "select oid::text from pg_namespace where nspname = $1::text",
            [name],
          );
          const clients = await abuse(unit, statements, connections);
          await unit.dispose().catch((error: { code: string }) => expect(error.code).toBe("UNIT_GONE"));
          await Promise.all(clients.map((client) => client.end({ timeout: 0 })));
          // this one only: what a process left that died before is nobody's to wait for; and what was made outside of it goes
          // with the next lease
          await vi.waitFor(async () => {
            const returned = await session.rows(
              `select u.name from with_test_db.unit u join pg_namespace n on n.nspname = u.name
                where u.state = 'returned' and n.oid = $1::oid
                  and not exists (select from with_test_db.stray s where u.id = any (s.makers))`,
              [schema?.oid],
            );
            expect(returned).toEqual([]);
          }, SOON);
          const next = await withTestDb(options);
          try {
            expect(next.schemaName).not.toBe(name);
            expect(await normalised(next.schemaName)).toBe(fresh);
            const [row] = await session.rows<{ was: boolean }>(
              "select created_at < leased_at as was from with_test_db.unit where name = $1::text",
              [next.schemaName],
            );
            if (row?.was) reused++;
          } finally {
            await next.dispose();
          }
        },
      ),
      { numRuns: ROUNDS, endOnFailure: true },
    );
    // a pool that never hands anything out again would pass, and prove nothing
    expect(reused).toBeGreaterThan(ROUNDS / 4);
  });
});
