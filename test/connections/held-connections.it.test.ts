import postgres, { type Sql, type TransactionSql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { guardHeldConnections } from "../../src/connections/held-connections.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { testTarget } from "../support/target.ts";

const TABLE = `it_guard_${Date.now().toString(36)}`;

describe.skipIf(!isIntegrationEnabled())("a transaction of postgres.js whose connection is lost", () => {
  let target: Target;
  let session: Session;
  let client: Sql;
  beforeAll(async () => {
    target = await testTarget();
    session = await openSession(target);
    await session.script(`create table public.${TABLE} (id integer)`);
  });
  afterAll(async () => {
    await session.script(`drop table public.${TABLE}`);
    await session.close();
  });
  beforeEach(() => {
    client = guardHeldConnections(postgres(targetUrl(target), { max: 1, onnotice: () => {} }));
  });
  afterEach(() => client.end({ timeout: 1 }));

  const pidOf = async (sql: Sql | TransactionSql): Promise<number> =>
    (await sql`select pg_backend_pid() as pid`)[0]?.["pid"];
  const kill = async (pid: number): Promise<void> => {
    expect(await session.rows("select pg_terminate_backend($1::int, 10000) as gone", [pid])).toEqual([{ gone: true }]);
    // this process hears of it in one of the next turns
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const insert = (sql: TransactionSql, id: number): Promise<unknown> =>
    sql.unsafe(`insert into public.${TABLE} values (${id})`);
  const rows = (): Promise<unknown[]> => session.rows(`select id from public.${TABLE}`);

  it.each(["idle", "running a query"])(
    "fails where it was %s, and every later query of it fails, and none is sent elsewhere",
    async (when) => {
      const later: unknown[] = [];
      const begun = client.begin(async (sql) => {
        await insert(sql, 1);
        const pid = await pidOf(sql);
        const running = when === "idle" ? undefined : sql`select pg_sleep(600)`.catch(() => {});
        await kill(pid);
        await running;
        const code = (query: Promise<unknown>): Promise<unknown> =>
          query.then(
            () => "it did not fail",
            (error: { code?: string }) => error.code,
          );
        later.push(await code(insert(sql, 2)), await code(insert(sql, 3)), await code(sql`select ${4}::int`));
        later.push(await code(sql.savepoint((nested) => insert(nested, 5))));
        return "committed";
      });
      await expect(begun).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
      await expect.poll(() => later).toEqual(Array(4).fill("CONNECTION_CLOSED"));
      expect(await rows()).toEqual([]);
      // postgres.js reports an old error once more with the first query of a connection that was lost in mid-query
      await vi.waitFor(async () => expect(await client`select 1 as one`).toEqual([{ one: 1 }]));
    },
  );

  it("fails in a savepoint, too", async () => {
    const begun = client.begin((sql) =>
      sql.savepoint(async (nested) => {
        await insert(nested, 1);
        await kill(await pidOf(nested));
        await insert(nested, 2);
      }),
    );
    await expect(begun).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(await rows()).toEqual([]);
    expect(await client`select 1 as one`).toEqual([{ one: 1 }]);
  });
});

describe.skipIf(!isIntegrationEnabled())("a reservation of postgres.js whose connection is lost", () => {
  let session: Session;
  let client: Sql;
  beforeAll(async () => {
    session = await openSession(await testTarget());
  });
  afterAll(() => session.close());
  beforeEach(async () => {
    client = guardHeldConnections(postgres(targetUrl(await testTarget()), { max: 1, onnotice: () => {} }));
  });
  afterEach(() => client.end({ timeout: 1 }));

  it.each(["idle", "running a query"])("fails where it was %s, and another can be had afterwards", async (when) => {
    const reserved = await client.reserve();
    // with a parameter, which postgres.js has described first
    const [row] = await reserved`select pg_backend_pid() as pid, ${1}::int as one`;
    const running =
      when === "idle" ? undefined : reserved`select pg_sleep(600)`.catch(({ code }: { code: string }) => code);
    await session.rows("select pg_terminate_backend($1::int, 10000)", [row?.["pid"]]);
    // this process hears of it in one of the next turns
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await running).toBe(when === "idle" ? undefined : "CONNECTION_CLOSED");
    await expect(reserved`select 1`).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    await expect(reserved.unsafe("select 1")).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    reserved.release();
    // postgres.js reports an old error once more with the first query of a connection that was lost in mid-query
    await vi.waitFor(async () => expect(await client`select 1 as one`).toEqual([{ one: 1 }]));
    const another = await client.reserve();
    expect(await another`select 2 as two`).toEqual([{ two: 2 }]);
    another.release();
    expect(await client`select 3 as three`).toEqual([{ three: 3 }]);
  });
});

describe.skipIf(!isIntegrationEnabled())("a transaction of postgres.js that is guarded", () => {
  let client: Sql;
  beforeAll(async () => {
    client = guardHeldConnections(postgres(targetUrl(await testTarget()), { max: 2, onnotice: () => {} }));
  });
  afterAll(() => client.end());

  it("commits, rolls back and nests as it does without the guard", async () => {
    const [row] = await client.begin("isolation level serializable", async (sql) => {
      await sql`create temp table guarded (id integer) on commit drop`;
      await sql`insert into guarded ${sql([{ id: 1 }])}`;
      const failed = sql.savepoint("inner", async (nested) => {
        await nested`insert into guarded values (2)`;
        await nested`select 1 / 0`;
      });
      await expect(failed).rejects.toMatchObject({ code: "22012" });
      await sql.savepoint((nested) => nested`insert into guarded values (3)`);
      return sql`select array_agg(id order by id) as ids, current_setting('transaction_isolation') as level from guarded`;
    });
    expect(row).toEqual({ ids: [1, 3], level: "serializable" });
    const all = await client.begin((sql) => [sql`select 1 as n`, sql.unsafe("select 2 as n")]);
    expect(all.map(([each]) => each)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("throws what its function throws", async () => {
    const failure = new Error("no");
    await expect(client.begin(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  it("goes on after an error that only looks like a lost connection", async () => {
    const result = await client.begin(async (sql) => {
      await sql
        .savepoint((nested) => nested`do $$ begin raise 'elsewhere' using errcode = '08006'; end $$`)
        .catch((error: { code?: string }) => expect(error.code).toBe("08006"));
      return sql`select 1 as one`;
    });
    expect(result).toEqual([{ one: 1 }]);
  });
});
