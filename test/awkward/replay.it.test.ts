import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { formFolder, useGround } from "../support/awkward.ts";

describe.skipIf(!isIntegrationEnabled())("histories", () => {
  const ground = useGround("replay");
  const retried = (form: string, why: string, how: string) =>
    expect.stringMatching(new RegExp(`${form} does not replay ${why} \\(.*\\); trying it ${how}`));

  it("are replayed migration by migration where a label is used that one of them added", () =>
    ground().of("enum-value-used", { isolation: "schema", replay: "migration by migration" }, async ({ a, said }) => {
      const needed = ground().session.serverVersion < 170_000;
      expect(said).toEqual(needed ? [retried("enum-value-used", "in one transaction", "migration by migration")] : []);
      expect(
        await a.client`insert into tasks default values returning id, status, enum_range(status)::text as labels`,
      ).toEqual([{ id: 2, status: "waiting", labels: "{new,waiting,done}" }]);
    }));

  it("are replayed statement by statement where it is used in the same file", () =>
    ground().of(
      "enum-value-same-file",
      {
        isolation: "schema",
        replay: "statement by statement",
        prepare: [join(formFolder("enum-value-same-file"), "prepare.sql")],
      },
      async ({ a, said }) => {
        expect(said).toEqual([
          retried("enum-value-same-file", "in one transaction", "migration by migration"),
          retried("enum-value-same-file", "migration by migration", "statement by statement"),
        ]);
        expect(await a.client`select status from tasks`).toHaveLength(2);
      },
    ));

  it("are replayed statement by statement where an index is built concurrently", () =>
    ground().of("concurrently", { isolation: "schema", replay: "statement by statement" }, async ({ a, said }) => {
      expect(said).toEqual([retried("concurrently", "in one transaction", "statement by statement")]);
      expect(
        await a.client`select indexrelid::regclass::text as index from pg_index where indrelid = 'visits'::regclass and indisvalid order by 1`.values(),
      ).toEqual([["visits_at"], ["visits_once"], ["visits_pkey"]]);
    }));

  it("may end the migrator's transaction themselves", () =>
    ground().of("commit-in-the-middle", { isolation: "schema" }, async ({ a, said }) => {
      expect(said).toEqual([]);
      expect(await a.client`select to_regclass('never') as never, kind from orders limit 1`).toEqual([
        { never: null, kind: "new" },
      ]);
    }));

  it("leave the journal that the migrator would have left", async () => {
    const journal =
      "select count(*)::integer as n, bool_and(length(hash) = 64) as hashed from drizzle.__drizzle_migrations";
    for (const [form, n] of Object.entries({ "enum-value-used": 3, concurrently: 2, "commit-in-the-middle": 3 })) {
      const options = {
        schema: {},
        migrationsFolder: formFolder(form),
        url: ground().url,
        isolation: "database",
      } as const;
      await withTestDb(options, async ({ client }) => {
        expect(await client.unsafe(journal)).toEqual([{ n, hashed: true }]);
      });
    }
  });

  it("may check the catalog before they make anything, and don't see what lies beside them", () =>
    ground().of("do-blocks", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select helper()`).toEqual([{ helper: "made" }]);
      await expect(a.client`insert into devices (name) values ('')`).rejects.toMatchObject({
        constraint_name: "devices_named",
      });
      await expect(a.client`insert into devices (owner) values (1)`).rejects.toMatchObject({
        constraint_name: "devices_owner_fk",
      });
      expect(await a.client`select extra.tenant from extra, more`).toHaveLength(0);
    }));

  it("may change the session's settings, of which nothing but what they made is left", () =>
    ground().of("settings", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select before_its_table()::integer as n, from_current()`).toEqual([
        { n: 1, from_current: "01.02.20261" },
      ]);
      expect(
        await a.client`insert into later default values returning at = '2026-12-31 06:15:00Z' as at, naive::text, n`,
      ).toEqual([{ at: true, naive: "2026-02-01", n: 0.1 }]);
      expect(await a.client`select at::text from unqualified`).toEqual([{ at: "2026-04-03" }]);
      expect(
        await a.client`select current_setting('DateStyle') as style, current_setting('lock_timeout') as lock`,
      ).toEqual([{ style: "ISO, MDY", lock: "0" }]);
    }));

  it("may be written with any line ends, without semicolons, or be empty", () =>
    ground().of("line-ends", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select lines()`).toEqual([{ lines: "one\r\ntwo" }]);
      expect(
        await a.client`select semi from several, bare right join between on true right join mac on true`,
      ).toHaveLength(0);
    }));

  it("fail with a byte order mark, as they do in the migrator", async () => {
    const options = { schema: {}, migrationsFolder: formFolder("byte-order-mark"), url: ground().url };
    await expect(withTestDb(options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(/byte-order-mark\/0000_bom\.sql failed(?:.|\n)*syntax error at or near/),
    });
  });
});
